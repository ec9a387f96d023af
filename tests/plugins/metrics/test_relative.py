"""Relative and logarithmic errors against scikit-learn, torchmetrics and the formulas in plain numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_percentage_error, root_mean_squared_log_error

from mdf.core.metric import Metric
from mdf.plugins.metrics.logarithmic import Log10, RMSELog, SILog, SIVariance
from mdf.plugins.metrics.relative import AbsRel, Delta1, Delta2, Delta3, SqRel


def images(seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    draws = torch.rand(3, 4, 1, 9, 11, generator=torch.Generator().manual_seed(seed))
    return 0.1 + 5 * draws[0], 0.1 + 5 * draws[1], draws[2] > 0.3


def score(metric: Metric, *data: torch.Tensor) -> float:
    return metric.score(metric.statistics(*data).sum(0)).item()


@given(st.integers(0, 2**31))
@settings(max_examples=15)
def test_they_agree_with_scikit_learn(seed: int) -> None:
    prediction, target, valid = images(seed)
    p, t = prediction[valid].double().numpy(), target[valid].double().numpy()
    assert score(AbsRel(AbsRel.Config()), prediction, target, valid) == pytest.approx(
        mean_absolute_percentage_error(t, p), rel=1e-6
    )
    # scikit-learn takes log(1 + x)
    assert score(RMSELog(RMSELog.Config()), prediction + 1, target + 1, valid) == pytest.approx(
        root_mean_squared_log_error(t, p), rel=1e-6
    )


@given(st.integers(0, 2**31))
@settings(max_examples=15)
def test_they_agree_with_their_formulas(seed: int) -> None:
    prediction, target, valid = images(seed)
    p, t = prediction[valid].double().numpy(), target[valid].double().numpy()
    factor = np.maximum(p / t, t / p)
    expected = {
        SqRel: np.mean((p - t) ** 2 / t),
        Log10: np.mean(np.abs(np.log10(p) - np.log10(t))),
        Delta1: np.mean(factor < 1.25),
        Delta2: np.mean(factor < 1.25**2),
        Delta3: np.mean(factor < 1.25**3),
    }
    for kind, value in expected.items():
        assert score(kind(kind.Config()), prediction, target, valid) == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize("average", ["pixels", "images"])
@given(st.integers(0, 2**31))
@settings(max_examples=15)
def test_the_scale_invariant_errors_are_standard_deviation_and_variance(average: str, seed: int) -> None:
    prediction, target, valid = images(seed)
    d = [
        np.log(p[v].double().numpy() / t[v].double().numpy()) for p, t, v in zip(prediction, target, valid, strict=True)
    ]
    groups = d if average == "images" else [np.concatenate(d)]
    config = {"average": average}
    assert score(SILog(SILog.Config(**config)), prediction, target, valid) == pytest.approx(
        100 * np.mean([np.std(g) for g in groups]), rel=1e-6
    )
    assert score(SIVariance(SIVariance.Config(**config)), prediction, target, valid) == pytest.approx(
        np.mean([np.var(g) for g in groups]), rel=1e-6
    )


def test_scale_invariant_errors_ignore_a_factor_per_image() -> None:
    _, target, valid = images(0)
    factors = torch.tensor([0.5, 1.0, 2.0, 3.0]).view(4, 1, 1, 1)
    assert score(SILog(SILog.Config()), factors * target, target, valid) < 1e-3
    assert score(SILog(SILog.Config(average="pixels")), factors * target, target, valid) > 10


@pytest.mark.parametrize("kind", [AbsRel, SqRel, Delta1, RMSELog, Log10, SILog, SIVariance])
def test_values_without_ratio_or_logarithm_have_finite_scores(kind: type[Metric]) -> None:
    """A truth of 0 is not counted, a prediction of 0 or below is raised to the least depth."""
    target = torch.tensor([0.0, 1.0, 2.0]).view(1, 1, 1, 3)
    prediction = torch.tensor([5.0, 0.0, -1.0]).view(1, 1, 1, 3)
    metric = kind(kind.Config(average="pixels"))
    statistics = metric.statistics(prediction, target, torch.ones_like(target, dtype=torch.bool))
    assert statistics.isfinite().all()
    assert statistics[0, -1] == 2
    assert metric.protocol.cap == "at least 0.001"
    assert "above 0" in metric.protocol.valid
    assert metric.protocol.unit == ("" if kind is not SqRel else None)
