"""RMSE and MAE against scikit-learn, and where float32 would fail."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from mdf.plugins.metrics.absolute import MAE, RMSE


@pytest.mark.parametrize(("kind", "reference"), [(RMSE, root_mean_squared_error), (MAE, mean_absolute_error)])
@given(st.integers(0, 2**31), st.floats(1e-3, 1e4))
@settings(max_examples=15)
def test_they_agree_with_scikit_learn_over_valid_pixels(kind, reference, seed: int, far: float) -> None:
    draws = torch.rand(3, 4, 1, 19, 23, generator=torch.Generator().manual_seed(seed))
    prediction, target, valid = draws[0] * far, draws[1] * far, draws[2] > 0.3
    metric = kind(kind.Config())
    score = metric.score(metric.statistics(prediction, target, valid).sum(0)).item()
    expected = reference(target[valid].double().numpy(), prediction[valid].double().numpy())
    assert score == pytest.approx(expected, rel=1e-6)


def test_a_large_image_with_a_small_error_is_measured_exactly() -> None:
    target = torch.full((1, 1, 2048, 4096), 1000.0)
    metric = RMSE(RMSE.Config())
    statistics = metric.statistics(target + 0.125, target, torch.ones_like(target, dtype=torch.bool))
    assert statistics.tolist() == [[2048 * 4096 / 64, 2048 * 4096]]
    assert metric.score(statistics.sum(0)).item() == 0.125


def test_images_count_by_their_pixels_and_the_unit_is_that_of_the_task() -> None:
    metric = RMSE(RMSE.Config())
    statistics = torch.tensor([[4.0, 1.0], [0.0, 3.0]], dtype=torch.float64)
    assert metric.score(statistics.sum(0)).item() == 1.0
    assert metric.protocol.unit is None
    assert metric.protocol.direction == "lower"


def test_each_channel_of_a_valid_pixel_counts() -> None:
    metric, target = MAE(MAE.Config()), torch.zeros(1, 2, 2, 2)
    prediction = torch.tensor([1.0, 3.0]).view(1, 2, 1, 1).expand_as(target)
    valid = torch.tensor([[True, False], [False, False]]).view(1, 1, 2, 2)
    assert metric.statistics(prediction, target, valid).tolist() == [[4.0, 2.0]]
