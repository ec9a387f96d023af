"""`ece`: the error of a probability, against torchmetrics, and by hand where that counts the value 1 apart."""

from __future__ import annotations

import math

import pytest
import torch
from torchmetrics.classification import BinaryCalibrationError

from mdf.plugins.metrics.calibration import ECE


def ece(prediction: torch.Tensor, target: torch.Tensor, valid: torch.Tensor, bins: int = 15) -> float:
    metric = ECE(ECE.Config(bins=bins))
    return float(metric.score(metric.statistics(prediction, target, valid).sum(0)))


@pytest.mark.parametrize("bins", [15, 7])
def test_it_is_that_of_torchmetrics_over_the_valid_pixels_of_all_images(bins: int) -> None:
    random = torch.Generator().manual_seed(3)
    prediction = torch.rand((4, 1, 37, 29), generator=random).pow(2) * 0.9999
    target = (torch.rand(prediction.shape, generator=random) < prediction.sqrt()).float()
    valid = torch.rand(prediction.shape, generator=random) < 0.7
    expected = BinaryCalibrationError(n_bins=bins, norm="l1")(prediction[valid], target[valid].int())
    assert ece(prediction, target, valid, bins) == pytest.approx(float(expected), abs=1e-6)
    assert ece(prediction, target, valid, bins) > 0.1


def test_certain_and_right_is_perfect_certain_and_wrong_is_worst() -> None:
    target = torch.tensor([0.0, 1.0, 1.0, 0.0]).view(1, 1, 2, 2)
    valid = torch.ones_like(target, dtype=torch.bool)
    assert ece(target, target, valid) == 0
    assert ece(1 - target, target, valid) == 1


def test_seven_of_ten_at_seven_tenths_is_no_error() -> None:
    prediction = torch.full((1, 1, 1, 10), 0.7)
    target = torch.tensor([1.0] * 7 + [0.0] * 3).view(1, 1, 1, 10)
    valid = torch.ones_like(target, dtype=torch.bool)
    assert ece(prediction, target, valid) == pytest.approx(0, abs=1e-6)
    assert ece(prediction, torch.zeros_like(target), valid) == pytest.approx(0.7)
    assert math.isnan(ece(prediction, target, torch.zeros_like(valid)))
