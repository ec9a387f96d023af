"""What all built-in metrics promise alike: statistics add, and no batch changes a bit of them."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mdf.core.metric import Metric
from mdf.plugins.metrics import mdf_metrics
from mdf.registry import Catalog

CATALOG = Catalog.discover()
NAMES = [spec.name for spec in mdf_metrics()]
ALIGNED = [("mae", {"alignment": alignment, "average": "images"}) for alignment in ("median", "scale-shift")]
METRICS = [CATALOG.create("metric", name, options) for name, options in [*((n, {}) for n in NAMES), *ALIGNED]]
every_metric = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.label)


def told(metric: Metric, values: torch.Tensor) -> torch.Tensor:
    """Values as the metric reads them: with a spread of their own where it reads a distribution."""
    return values if metric.reads == "values" else torch.cat([values, 0.1 + values.square()], dim=1)


def data(metric: Metric, seed: int, count: int, height: int = 6, width: int = 7) -> tuple[torch.Tensor, ...]:
    """Predictions, 0/1 targets (NaN where invalid) and validity; some images empty, some without a pixel."""
    random = torch.Generator().manual_seed(seed)
    prediction = torch.rand(count, 1, height, width, generator=random)
    target = (torch.rand(count, 1, height, width, generator=random) > 0.6).float()
    valid = torch.rand(count, 1, height, width, generator=random) > 0.2
    kind = torch.randint(0, 5, (count,), generator=random)
    target[kind == 0] = 0.0
    prediction[kind <= 1] *= 0.4
    valid[kind == 2] = False
    return told(metric, prediction), target.where(valid, float("nan")), valid


@every_metric
def test_batches_of_1_7_and_32_agree_to_the_last_bit(metric: Metric) -> None:
    tensors = data(metric, 3, 32, 121, 163)
    whole = metric.statistics(*tensors)
    assert whole.dtype == torch.float64
    for size in (1, 7, 32):
        parts = [metric.statistics(*part) for part in zip(*(t.split(size) for t in tensors), strict=True)]
        assert torch.equal(torch.cat(parts), whole)


@every_metric
@given(seed=st.integers(0, 2**31), count=st.integers(2, 12))
def test_statistics_are_finite_and_add_in_any_order(metric: Metric, seed: int, count: int) -> None:
    statistics = metric.statistics(*data(metric, seed, count))
    assert statistics.isfinite().all()
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    forward, shuffled = metric.score(statistics.sum(0)), metric.score(statistics[order].sum(0))
    assert shuffled.item() == pytest.approx(forward.item(), rel=1e-12, nan_ok=True)


@every_metric
@given(seed=st.integers(0, 2**31))
def test_invalid_pixels_change_nothing(metric: Metric, seed: int) -> None:
    prediction, target, valid = data(metric, seed, 4)
    clean = metric.statistics(prediction.where(valid, 0.0), target.nan_to_num(0.0), valid)
    for poison in (float("nan"), float("inf"), 1.0):
        poisoned = metric.statistics(prediction.where(valid, poison), target.where(valid, poison), valid)
        assert torch.equal(poisoned, clean)


@every_metric
def test_nothing_measured_is_nan_and_gives_zero_statistics(metric: Metric) -> None:
    image, nothing = torch.ones(2, 1, 3, 3), torch.zeros(2, 1, 3, 3, dtype=torch.bool)
    statistics = metric.statistics(told(metric, image), image, nothing)
    assert not statistics.any()
    assert metric.score(statistics.sum(0)).isnan()


@every_metric
def test_scores_are_vectorised_over_leading_dimensions(metric: Metric) -> None:
    statistics = metric.statistics(*data(metric, 5, 6)).view(2, 3, -1)
    scores = metric.score(statistics)
    assert scores.shape == (2, 3)
    assert scores.dtype == torch.float64
    single = torch.stack([metric.score(row) for row in statistics.flatten(0, 1)])
    assert torch.equal(scores.flatten().nan_to_num(-1), single.nan_to_num(-1))


@every_metric
def test_a_perfect_prediction_scores_perfectly(metric: Metric) -> None:
    target = (torch.rand(3, 1, 5, 5) > 0.5).float()
    valid = torch.ones_like(target, dtype=torch.bool)
    score = metric.score(metric.statistics(told(metric, target), target, valid).sum(0))
    assert score.item() == metric.protocol.perfect


@every_metric
def test_views_with_gaps_and_gradients_are_read_as_what_they_show(metric: Metric) -> None:
    tensors = data(metric, 11, 4, 10, 14)
    views = [torch.stack([x, x], dim=-1).transpose(2, 3)[..., 0].transpose(2, 3) for x in tensors]
    views[0].requires_grad_()
    assert torch.equal(metric.statistics(*views), metric.statistics(*tensors))


@every_metric
def test_half_precision_and_integers_are_no_surprise(metric: Metric) -> None:
    target = torch.tensor([[[[0.0, 1.0, 1.0]]]])
    valid = torch.ones_like(target, dtype=torch.bool)
    wrong = told(metric, target.flip(-1)).half()
    plain = metric.statistics(wrong.float(), target, valid)
    assert torch.equal(metric.statistics(wrong, target.to(torch.uint8), valid), plain)
