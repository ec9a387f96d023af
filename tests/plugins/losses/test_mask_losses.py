"""Dice, Tversky, focal and Lovász losses against SMP's and against their formulas, over valid pixels."""

from __future__ import annotations

import pytest
import torch
from segmentation_models_pytorch import losses as smp
from torch.nn import functional as F

from mdf.core.loss import Loss
from mdf.plugins.losses.dice import DiceLoss
from mdf.plugins.losses.focal import FocalLoss
from mdf.plugins.losses.lovasz import LovaszLoss
from mdf.plugins.losses.tversky import TverskyLoss

IGNORED = -1


@pytest.fixture(params=[0, 1])
def data(request: pytest.FixtureRequest) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    draws = torch.rand(3, 3, 1, 8, 9, generator=torch.Generator().manual_seed(request.param))
    return 6 * draws[0] - 3, (draws[1] > 0.6).float(), draws[2] > 0.2


def picked(data: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    """The valid pixels as one image in a row, for implementations that know no validity."""
    prediction, target, valid = data
    return prediction[valid].view(1, 1, 1, -1), target[valid].view(1, 1, 1, -1)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (DiceLoss(DiceLoss.Config()), smp.DiceLoss("binary", smooth=1.0)),
        (TverskyLoss(TverskyLoss.Config()), smp.TverskyLoss("binary", smooth=1.0, alpha=0.3, beta=0.7)),
        (
            TverskyLoss(TverskyLoss.Config(alpha=1.0, beta=0.25)),
            smp.TverskyLoss("binary", smooth=1.0, alpha=1.0, beta=0.25),
        ),
        (LovaszLoss(LovaszLoss.Config(per_image=False)), smp.LovaszLoss("binary", per_image=False)),
        (FocalLoss(FocalLoss.Config()), smp.FocalLoss("binary", alpha=0.25, gamma=2.0)),
    ],
    ids=lambda loss: type(loss).__name__,
)
def test_they_agree_with_smp_over_valid_pixels(
    ours: Loss, theirs: torch.nn.Module, data: tuple[torch.Tensor, ...]
) -> None:
    assert ours(*data).item() == pytest.approx(theirs(*picked(data)).item(), rel=1e-5)


def test_lovasz_of_each_image_agrees_with_smp(data: tuple[torch.Tensor, ...]) -> None:
    prediction, target, valid = data
    theirs = smp.LovaszLoss("binary", per_image=True, ignore_index=IGNORED)
    expected = theirs(prediction, target.where(valid, IGNORED)).item()
    assert LovaszLoss(LovaszLoss.Config())(*data).item() == pytest.approx(expected, rel=1e-5)


def test_lovasz_ignores_images_without_a_valid_pixel(data: tuple[torch.Tensor, ...]) -> None:
    prediction, target, valid = data
    known = valid.clone()
    known[1] = False
    loss = LovaszLoss(LovaszLoss.Config())
    assert loss(prediction, target, known).item() == pytest.approx(
        loss(prediction[[0, 2]], target[[0, 2]], valid[[0, 2]]).item()
    )


@pytest.mark.parametrize(("gamma", "alpha"), [(1.0, 0.5), (2.0, 0.25), (4.0, 0.9)])
def test_focal_is_its_formula(gamma: float, alpha: float, data: tuple[torch.Tensor, ...]) -> None:
    logits, target = picked(data)
    sure = torch.where(target > 0.5, logits.sigmoid(), 1 - logits.sigmoid()).double()
    weight = torch.where(target > 0.5, alpha, 1 - alpha)
    expected = -(weight * (1 - sure) ** gamma * sure.log()).mean()
    found = FocalLoss(FocalLoss.Config(gamma=gamma, alpha=alpha))(*data)
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)


def test_focal_loss_of_a_half_certain_pixel_is_cross_entropy_times_its_weight() -> None:
    """Its weight is (1 − ½)^γ."""
    zero, one = torch.zeros(1, 1, 1, 1), torch.ones(1, 1, 1, 1)
    found = FocalLoss(FocalLoss.Config(gamma=2.0, alpha=0.5))(zero, one, one > 0)
    assert found.item() == pytest.approx(0.5 * 0.25 * F.binary_cross_entropy_with_logits(zero, one).item())


@pytest.mark.parametrize("loss", [DiceLoss(DiceLoss.Config()), LovaszLoss(LovaszLoss.Config())])
def test_overlap_losses_do_not_depend_on_area(loss: Loss) -> None:
    """An object that is predicted next to its place costs as much as a missed one, whatever its size is."""
    target = torch.zeros(1, 1, 32, 32)
    target[..., 4:8, 4:8] = 1.0
    valid = torch.ones_like(target, dtype=torch.bool)
    right, moved, none = (20 * x - 10 for x in (target, target.roll(8, -1), torch.zeros_like(target)))
    assert loss(right, target, valid) < 0.01
    assert loss(moved, target, valid) > 0.85
    assert loss(none, target, valid) > 0.85


def test_dice_per_image_is_the_mean_of_each_images_own_loss() -> None:
    generator = torch.Generator().manual_seed(4)
    prediction = torch.randn(3, 1, 8, 8, generator=generator)
    target = (torch.rand(3, 1, 8, 8, generator=generator) < 0.2).float()
    valid = torch.rand(3, 1, 8, 8, generator=generator) < 0.9
    whole = DiceLoss(DiceLoss.Config())
    each = [whole(prediction[i : i + 1], target[i : i + 1], valid[i : i + 1]) for i in range(3)]
    torch.testing.assert_close(
        DiceLoss(DiceLoss.Config(per_image=True))(prediction, target, valid), torch.stack(each).mean()
    )


def test_dice_per_image_weighs_a_small_object_as_much_as_a_large_one() -> None:
    target = torch.zeros(2, 1, 16, 16)
    target[0, :, :12], target[1, :, 4:6, 4:6] = 1, 1
    valid = torch.ones(2, 1, 16, 16, dtype=torch.bool)
    missed_small = torch.where(target == 1, 20.0, -20.0)
    missed_small[1] = -20.0
    whole, per_image = (DiceLoss(DiceLoss.Config(per_image=b))(missed_small, target, valid) for b in (False, True))
    assert float(whole) < 0.05
    assert float(per_image) > 0.3
