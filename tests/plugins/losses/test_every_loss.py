"""What the built-in losses promise beyond the conformance kit, which every one of them passes too."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mdf.core.loss import Loss
from mdf.plugins.losses import mdf_losses
from mdf.registry import Catalog

CATALOG = Catalog.discover()
LOSSES = {spec.name: CATALOG.create("loss", spec.name, {}) for spec in mdf_losses() if spec.name != "laplace-nll"}
every_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
mean_loss = pytest.mark.parametrize("name", ["bce", "focal", "l1", "mse", "huber"])


def with_gradient(loss: Loss, prediction: torch.Tensor, target: torch.Tensor, valid: torch.Tensor):
    prediction = prediction.detach().clone().requires_grad_()
    value = loss(prediction, target, valid)
    value.backward()
    return value.detach(), prediction.grad


@every_loss
@given(
    seed=st.integers(0, 2**31),
    poison=st.sampled_from([float("nan"), float("inf"), 1e38]),
    channels=st.integers(2, 3),
)
@settings(max_examples=10)
def test_invalid_pixels_change_no_bit_of_several_channels(loss: Loss, seed: int, poison: float, channels: int) -> None:
    """The kit does this for one channel, within rounding."""
    random = torch.Generator().manual_seed(seed)
    prediction = torch.randn(2, channels, 5, 6, generator=random)
    target = torch.rand(2, channels, 5, 6, generator=random)
    valid = torch.rand(2, 1, 5, 6, generator=random) > 0.4
    value, gradient = with_gradient(loss, prediction.where(valid, poison), target.where(valid, poison), valid)
    clean = with_gradient(loss, prediction, target, valid)
    assert torch.equal(value, clean[0])
    assert torch.equal(gradient, clean[1])


@mean_loss
def test_it_is_the_mean_over_valid_pixels_of_all_images(name: str) -> None:
    loss = LOSSES[name]
    prediction, target = torch.randn(2, 1, 4, 4), torch.rand(2, 1, 4, 4)
    valid = torch.zeros(2, 1, 4, 4, dtype=torch.bool)
    valid[0, 0, 0, 0] = valid[1, 0, :2] = True
    picked = prediction[valid].view(1, 1, 1, -1), target[valid].view(1, 1, 1, -1)
    alone = loss(*picked, torch.ones_like(picked[0], dtype=torch.bool))
    assert loss(prediction, target, valid).item() == pytest.approx(alone.item(), rel=1e-6)


@every_loss
def test_an_empty_mask_has_a_finite_loss_that_can_be_learned_from(loss: Loss) -> None:
    """No foreground in the whole batch: what is wrongly seen there must still fade."""
    if loss.reads != "logits":
        return
    nothing = torch.zeros(2, 1, 6, 6)
    value, gradient = with_gradient(loss, torch.full_like(nothing, 1.0), nothing, nothing == 0)
    assert value.isfinite()
    assert value > 0
    assert gradient.isfinite().all()
    assert (gradient >= 0).all()
    assert gradient.sum() > 0


@every_loss
@pytest.mark.parametrize("size", [(1, 1), (1, 5), (3, 2)])
def test_the_smallest_images_are_no_trouble(loss: Loss, size: tuple[int, int]) -> None:
    target = torch.rand(2, 1, *size)
    value, gradient = with_gradient(loss, torch.rand(2, 1, *size), target, target >= 0)
    assert value.isfinite()
    assert gradient.isfinite().all()


@every_loss
@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_parts_of_a_batch_add_up_exactly_where_it_says_so(loss: Loss, at_once: int) -> None:
    """Weighted by their shares of valid pixels, as a batch computed in parts is."""
    batches = [in_parts(loss, seed, at_once) for seed in range(5)]
    adds_up = all(parts.item() == pytest.approx(whole.item(), rel=1e-5, abs=1e-7) for whole, parts in batches)
    assert loss.is_pixel_mean == adds_up


def in_parts(loss: Loss, seed: int, at_once: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The loss of a batch of four, and the sum of that of its parts, each times its share."""
    random = torch.Generator().manual_seed(seed)
    prediction = torch.rand(4, 1, 12, 14, generator=random) + 0.05
    target = torch.rand(4, 1, 12, 14, generator=random)
    valid = torch.rand(4, 1, 12, 14, generator=random) > torch.tensor([0.1, 0.4, 0.6, 0.9]).view(4, 1, 1, 1)
    parts = zip(*(x.split(at_once) for x in (prediction, target, valid)), strict=True)
    shares = [loss(p, t, v) * v.sum() / valid.sum() for p, t, v in parts]
    return loss(prediction, target, valid), torch.stack(shares).sum()
