"""The coverage gap against SciPy's Laplace distribution, and for cases with a known result."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import laplace

from mdf.core.component import ComponentConfig
from mdf.plugins.metrics.coverage import CoverageGap, CoverageGap50, CoverageGap90

METRICS = [CoverageGap50(ComponentConfig()), CoverageGap90(ComponentConfig())]
both = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.label)


def gap(metric: CoverageGap, value: torch.Tensor, spread: torch.Tensor, target: torch.Tensor) -> float:
    statistics = metric.statistics(torch.cat([value, spread], dim=1), target, torch.ones_like(target) > 0)
    return metric.score(statistics.sum(0)).item()


@both
@given(st.integers(0, 2**31))
@settings(max_examples=20)
def test_pixels_inside_agree_with_scipys_central_interval(metric: CoverageGap, seed: int) -> None:
    draws = torch.rand(4, 3, 1, 7, 9, generator=torch.Generator().manual_seed(seed))
    value, spread, target, valid = draws[0], draws[1] / 2, draws[2], draws[3] > 0.3
    found = metric.statistics(torch.cat([value, spread], dim=1), target, valid)
    low, high = laplace.interval(metric.probability, value.double().numpy(), spread.double().numpy())
    inside = (low <= target.numpy()) & (target.numpy() <= high) & valid.numpy()
    assert found[:, 0].tolist() == inside.sum((1, 2, 3)).tolist()
    assert found[:, 1].tolist() == valid.sum((1, 2, 3)).tolist()


@both
def test_errors_that_follow_their_distribution_score_0(metric: CoverageGap) -> None:
    random = np.random.default_rng(0)
    spread = random.uniform(0.1, 3.0, (1, 1, 200, 200))
    value = random.uniform(1.0, 9.0, spread.shape)
    truth = laplace.rvs(value, spread, size=spread.shape, random_state=random)
    given_as = [torch.from_numpy(x).float() for x in (value, spread, truth)]
    assert gap(metric, *given_as) == pytest.approx(0.0, abs=0.01)
    value, spread, truth = given_as
    # an interval of half the width covers 1 - (1 - p)^(1/2), one of twice the width 1 - (1 - p)^2
    rest = 1 - metric.probability
    for times, covered in ((0.5, 1 - rest**0.5), (2.0, 1 - rest**2)):
        assert gap(metric, value, times * spread, truth) == pytest.approx(abs(covered - metric.probability), abs=0.01)


@both
def test_pixels_without_error_do_not_change_the_score(metric: CoverageGap) -> None:
    truth = torch.rand(1, 1, 4, 4)
    for spread in (torch.zeros_like(truth), torch.ones_like(truth)):
        assert gap(metric, truth, spread, truth) == pytest.approx(0.0)


@both
def test_certain_but_wrong_predictions_cover_nothing(metric: CoverageGap) -> None:
    truth = torch.rand(1, 1, 4, 4)
    assert gap(metric, truth + 1, torch.zeros_like(truth), truth) == pytest.approx(metric.probability)
