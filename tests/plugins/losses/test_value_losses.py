"""Huber, berHu, SILog, gradient and SSIM losses against plain numpy and torchmetrics."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional
from torchmetrics.functional.image import structural_similarity_index_measure

from mdf.core.loss import Loss
from mdf.plugins.losses.berhu import BerHuLoss
from mdf.plugins.losses.gradient import GradientLoss
from mdf.plugins.losses.huber import HuberLoss
from mdf.plugins.losses.silog import SILogLoss
from mdf.plugins.losses.ssim import SSIMLoss, similarity


@pytest.fixture(params=[0, 1])
def data(request: pytest.FixtureRequest) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    draws = torch.rand(3, 3, 1, 13, 18, generator=torch.Generator().manual_seed(request.param))
    return 0.05 + draws[0], 0.05 + draws[1], draws[2] > 0.2


def differences(data: tuple[torch.Tensor, ...]) -> np.ndarray:
    prediction, target, valid = data
    return (prediction - target)[valid].double().numpy()


@pytest.mark.parametrize("delta", [0.1, 0.5, 2.0])
def test_huber_is_its_formula(delta: float, data: tuple[torch.Tensor, ...]) -> None:
    d = np.abs(differences(data))
    expected = np.mean(np.where(d <= delta, d**2 / 2, delta * (d - delta / 2)))
    assert HuberLoss(HuberLoss.Config(delta=delta))(*data).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("share", [0.2, 1.0])
def test_berhu_is_its_formula(share: float, data: tuple[torch.Tensor, ...]) -> None:
    d = np.abs(differences(data))
    c = share * d.max()
    expected = np.mean(np.where(d <= c, d, (d**2 + c**2) / (2 * c)))
    assert BerHuLoss(BerHuLoss.Config(share=share))(*data).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("invariance", [0.0, 0.5, 1.0])
def test_silog_is_its_formula(invariance: float, data: tuple[torch.Tensor, ...]) -> None:
    each = []
    for prediction, target, valid in zip(*data, strict=True):
        d = np.log(prediction[valid].double().numpy()) - np.log(target[valid].double().numpy())
        each.append(np.mean(d**2) - invariance * np.mean(d) ** 2)
    found = SILogLoss(SILogLoss.Config(invariance=invariance))(*data).item()
    assert found == pytest.approx(np.mean(each), rel=1e-5)


def test_silog_ignores_truths_without_a_logarithm(data: tuple[torch.Tensor, ...]) -> None:
    prediction, target, valid = data
    holes = torch.rand(target.shape, generator=torch.Generator().manual_seed(5)) < 0.2
    loss = SILogLoss(SILogLoss.Config())
    assert loss(prediction, target.where(~holes, 0.0), valid).item() == loss(prediction, target, valid & ~holes).item()


def test_invariance_sets_how_much_a_common_factor_costs(data: tuple[torch.Tensor, ...]) -> None:
    _, target, valid = data
    blind, seeing = (SILogLoss(SILogLoss.Config(invariance=x)) for x in (1.0, 0.0))
    assert blind(2 * target, target, valid).item() == pytest.approx(0.0, abs=1e-9)
    assert seeing(2 * target, target, valid).item() == pytest.approx(np.log(2) ** 2, rel=1e-5)


@pytest.mark.parametrize("scales", [1, 3])
def test_gradient_is_its_formula(scales: int, data: tuple[torch.Tensor, ...]) -> None:
    prediction, target, valid = data
    error = torch.where(valid, prediction - target, torch.nan).double().numpy()
    expected = 0.0
    for scale in range(scales):
        r = error[..., :: 2**scale, :: 2**scale]
        expected += sum(np.nanmean(np.abs(np.diff(r, axis=axis))) for axis in (-2, -1))
    assert GradientLoss(GradientLoss.Config(scales=scales))(*data).item() == pytest.approx(expected, rel=1e-5)


def test_gradient_loss_ignores_a_constant_error(data: tuple[torch.Tensor, ...]) -> None:
    _, target, valid = data
    assert GradientLoss(GradientLoss.Config())(target + 0.5, target, valid).item() == pytest.approx(0.0, abs=1e-5)


def test_ssim_agrees_with_torchmetrics_away_from_the_border(data: tuple[torch.Tensor, ...]) -> None:
    prediction, target, valid = data
    found = similarity(prediction, target, torch.ones_like(valid), 11)
    _, expected = structural_similarity_index_measure(prediction, target, data_range=1.0, return_full_image=True)
    interior = (..., slice(5, -5), slice(5, -5))
    assert torch.allclose(found[interior], expected[interior], atol=1e-5)


def test_ssim_blurs_in_full_float32(data: tuple[torch.Tensor, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Its variances are differences of means that nearly cancel."""
    allowed: list[bool] = []
    convolve = functional.conv2d

    def conv2d(*args: Any, **keys: Any) -> torch.Tensor:
        allowed.append(torch.backends.cudnn.allow_tf32)
        return convolve(*args, **keys)

    monkeypatch.setattr(functional, "conv2d", conv2d)
    before = torch.backends.cudnn.allow_tf32
    prediction, target, valid = data
    similarity(prediction, target, valid, 11)
    assert allowed == [False, False]
    assert torch.backends.cudnn.allow_tf32 == before


def test_ssim_of_the_valid_part_equals_that_of_a_smaller_image(data: tuple[torch.Tensor, ...]) -> None:
    """Unknown columns at the side are as if the image ended there."""
    prediction, target, _ = data
    valid = torch.ones_like(target, dtype=torch.bool)
    valid[..., 10:] = False
    loss = SSIMLoss(SSIMLoss.Config())
    alone = loss(*(x[..., :10] for x in (prediction, target, valid)))
    assert loss(prediction, target, valid).item() == pytest.approx(alone.item(), rel=1e-5)


@pytest.mark.parametrize(
    "loss", [HuberLoss(HuberLoss.Config()), BerHuLoss(BerHuLoss.Config()), SSIMLoss(SSIMLoss.Config())]
)
def test_the_truth_has_a_loss_of_zero(loss: Loss, data: tuple[torch.Tensor, ...]) -> None:
    _, target, valid = data
    assert loss(target.clone(), target, valid).item() == pytest.approx(0.0, abs=1e-6)
