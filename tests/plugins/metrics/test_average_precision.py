"""Average precision against scikit-learn: exact for binned probabilities, close for others."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from mdf.plugins.metrics.average_precision import AveragePrecision


def images(seed: int, size: int = 9) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    draws = torch.rand(3, 4, 1, size, size + 1, generator=torch.Generator().manual_seed(seed))
    target = (draws[1] > 0.6).float()
    return (0.6 * draws[0] + 0.4 * target * draws[0].sqrt()).clamp(0, 1), target, draws[2] > 0.3


@given(st.integers(0, 2**31), st.integers(2, 80))
@settings(max_examples=15)
def test_it_agrees_with_scikit_learn(seed: int, bins: int) -> None:
    prediction, target, valid = images(seed)
    metric = AveragePrecision(AveragePrecision.Config(bins=bins))
    score = metric.score(metric.statistics(prediction, target, valid).sum(0)).item()
    binned = (prediction[valid] * bins).floor().clamp(max=bins - 1)
    assert score == pytest.approx(average_precision_score(target[valid].numpy(), binned.numpy()), abs=1e-12)


def test_bins_change_the_score_little() -> None:
    prediction, target, valid = images(1, 80)
    metric = AveragePrecision(AveragePrecision.Config())
    score = metric.score(metric.statistics(prediction, target, valid).sum(0)).item()
    assert score == pytest.approx(average_precision_score(target[valid].numpy(), prediction[valid].numpy()), abs=1e-2)


def test_without_foreground_the_score_is_nan() -> None:
    prediction, target, valid = images(2)
    metric = AveragePrecision(AveragePrecision.Config())
    assert math.isnan(metric.score(metric.statistics(prediction, 0 * target, valid).sum(0)))


def test_values_outside_0_to_1_are_in_the_first_and_last_bin() -> None:
    told = torch.tensor([math.nan, -math.inf, -0.1, 0.0, 1.0, 1.5, math.inf]).view(1, 1, 1, 7)
    metric = AveragePrecision(AveragePrecision.Config(bins=4))
    assert metric.statistics(told, torch.zeros_like(told), told == told).tolist() == [[3, 0, 0, 3] + [0] * 4]
    assert metric.statistics(told, torch.ones_like(told), told != 0).tolist() == [[0] * 4 + [3, 0, 0, 3]]
