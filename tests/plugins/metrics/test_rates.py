"""Precision, recall, related rates and Dice against scikit-learn, and for empty masks."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, f1_score, precision_score, recall_score

from mdf.core.metric import Metric
from mdf.plugins.metrics.fmeasure import FMeasure, MeanDice
from mdf.plugins.metrics.rates import (
    FalseNegativeRate,
    FalsePositiveRate,
    Precision,
    Recall,
    Specificity,
    WrongPixels,
)

SEVEN = (Recall, Specificity, FalsePositiveRate, FalseNegativeRate, WrongPixels, FMeasure, Precision)


def score(metric: Metric, *data: torch.Tensor) -> float:
    return metric.score(metric.statistics(*data).sum(0)).item()


@given(st.integers(0, 2**31), st.floats(0.05, 0.95))
@settings(max_examples=15)
def test_the_seven_metrics_of_change_detection_agree_with_scikit_learn(seed: int, threshold: float) -> None:
    draws = torch.rand(3, 4, 1, 6, 7, generator=torch.Generator().manual_seed(seed))
    prediction, target, valid = draws[0], (draws[1] > 0.5).float(), draws[2] > 0.3
    found, true = (prediction[valid] >= threshold).numpy(), target[valid].numpy() > 0.5
    tn, fp, fn, tp = confusion_matrix(true, found, labels=[False, True]).ravel()
    expected = {
        Recall: recall_score(true, found, zero_division=1.0),
        Specificity: tn / (tn + fp),
        FalsePositiveRate: fp / (tn + fp),
        FalseNegativeRate: fn / (tp + fn),
        WrongPixels: 100 * np.mean(found != true),
        FMeasure: f1_score(true, found, zero_division=1.0),
        Precision: precision_score(true, found, zero_division=0.0),
    }
    for kind, value in expected.items():
        assert score(kind(kind.Config(threshold=threshold)), prediction, target, valid) == pytest.approx(value)
    images = [
        f1_score(t[v] > 0.5, p[v] >= threshold, zero_division=1.0)
        for p, t, v in zip(prediction, target, valid, strict=True)
    ]
    assert score(MeanDice(MeanDice.Config(threshold=threshold)), prediction, target, valid) == pytest.approx(
        np.mean(images)
    )


@pytest.mark.parametrize(
    ("found", "true", "seven"),
    [
        (0, 0, (1, 1, 0, 0, 0, 1, 1)),
        (1, 1, (1, 1, 0, 0, 0, 1, 1)),
        (0, 1, (0, 1, 0, 1, 100, 0, 0)),
        (1, 0, (1, 0, 1, 0, 100, 0, 0)),
    ],
)
def test_all_or_nothing(found: int, true: int, seven: tuple[float, ...]) -> None:
    shape = (1, 1, 2, 3)
    data = torch.full(shape, float(found)), torch.full(shape, float(true)), torch.ones(shape, dtype=torch.bool)
    scores = [score(kind(kind.Config()), *data) for kind in SEVEN]
    assert scores == list(seven)
    recall, precision, f = scores[0], scores[6], scores[5]
    assert f == (0 if precision + recall == 0 else 2 * precision * recall / (precision + recall))


@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.7])
def test_a_probability_at_the_threshold_is_foreground(threshold: float) -> None:
    """0.7 in float32 lies below 0.7 in float64."""
    one = torch.full((1, 1, 1, 1), threshold)
    assert score(Recall(Recall.Config(threshold=threshold)), one, torch.ones(1, 1, 1, 1), one > 0) == 1


def test_nothing_measured_is_nan() -> None:
    empty = torch.zeros(1, 1, 2, 2)
    assert all(math.isnan(score(kind(kind.Config()), empty, empty, empty > 0)) for kind in SEVEN)
