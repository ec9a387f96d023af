"""The F-measure against scikit-learn and its own definition by precision and recall."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_score, recall_score

from mdf.plugins.metrics.fmeasure import FMeasure


@given(st.integers(0, 2**31), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=15)
def test_it_is_the_harmonic_mean_of_precision_and_recall_over_all_frames(
    seed: int, share: float, certainty: float
) -> None:
    draws = torch.rand(3, 5, 1, 6, 7, generator=torch.Generator().manual_seed(seed))
    prediction, target, valid = draws[0] * certainty, (draws[1] < share).float(), draws[2] > 0.3
    metric = FMeasure(FMeasure.Config())
    score = metric.score(metric.statistics(prediction, target, valid).sum(0)).item()
    true, found = target[valid].numpy() > 0.5, prediction[valid].numpy() >= 0.5
    assert score == pytest.approx(f1_score(true, found, zero_division=1.0), abs=1e-12)
    precision, recall = (f(true, found, zero_division=1.0) for f in (precision_score, recall_score))
    if precision + recall > 0:
        assert score == pytest.approx(2 * precision * recall / (precision + recall), abs=1e-12)


@pytest.mark.parametrize(("found", "true", "expected"), [(0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)])
def test_empty_masks(found: float, true: float, expected: float) -> None:
    metric, shape = FMeasure(FMeasure.Config()), (2, 1, 3, 3)
    statistics = metric.statistics(
        torch.full(shape, found), torch.full(shape, true), torch.ones(shape, dtype=torch.bool)
    )
    assert metric.score(statistics.sum(0)).item() == expected
