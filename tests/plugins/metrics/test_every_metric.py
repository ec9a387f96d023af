"""What the conformance kit does not check of built-in metrics: equality to the last bit, and unusual tensors.

`tests/conformance` runs the kit for each of them: nothing measured is NaN, scores are vectorised, batches add up.
"""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mdf.core.metric import Metric
from mdf.plugins.metrics import mdf_metrics
from mdf.registry import Catalog
from mdf.testing import assert_conforms

CATALOG = Catalog.discover()
NAMES = [spec.name for spec in mdf_metrics()]
ALIGNED = [("mae", {"alignment": alignment, "average": "images"}) for alignment in ("median", "scale-shift")]
METRICS = [CATALOG.create("metric", name, options) for name, options in [*((n, {}) for n in NAMES), *ALIGNED]]
every_metric = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.label)


def as_read(metric: Metric, values: torch.Tensor) -> torch.Tensor:
    """Values as the metric reads them: with a spread if it reads a distribution."""
    return values if metric.reads != "distribution" else torch.cat([values, 0.1 + values.square()], dim=1)


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
    return as_read(metric, prediction), target.where(valid, float("nan")), valid


@pytest.mark.parametrize(("name", "options"), ALIGNED)
def test_aligned_metrics_keep_the_contract_too(name: str, options: dict[str, str]) -> None:
    assert_conforms("metric", name, options)


@every_metric
def test_batches_of_1_4_and_9_agree_to_the_last_bit(metric: Metric) -> None:
    tensors = data(metric, 3, 9, 121, 163)
    whole = metric.statistics(*tensors)
    assert whole.dtype == torch.float64
    for size in (1, 4):
        parts = [metric.statistics(*part) for part in zip(*(t.split(size) for t in tensors), strict=True)]
        assert torch.equal(torch.cat(parts), whole)


@every_metric
@given(seed=st.integers(0, 2**31))
@settings(max_examples=20)
def test_statistics_are_finite_and_no_bit_of_them_depends_on_invalid_pixels(metric: Metric, seed: int) -> None:
    prediction, target, valid = data(metric, seed, 6)
    clean = metric.statistics(prediction.where(valid, 0.0), target.nan_to_num(0.0), valid)
    assert clean.isfinite().all()
    for poison in (float("nan"), float("inf"), 1.0):
        poisoned = metric.statistics(prediction.where(valid, poison), target.where(valid, poison), valid)
        assert torch.equal(poisoned, clean)


@every_metric
def test_a_perfect_prediction_has_exactly_the_perfect_score(metric: Metric) -> None:
    target = (torch.rand(3, 1, 5, 5) > 0.5).float()
    valid = torch.ones_like(target, dtype=torch.bool)
    score = metric.score(metric.statistics(as_read(metric, target), target, valid).sum(0))
    assert score.item() == metric.protocol.perfect


@every_metric
def test_views_with_gaps_and_gradients_are_read_as_what_they_show(metric: Metric) -> None:
    tensors = data(metric, 11, 4, 10, 14)
    views = [torch.stack([x, x], dim=-1).transpose(2, 3)[..., 0].transpose(2, 3) for x in tensors]
    views[0].requires_grad_()
    assert torch.equal(metric.statistics(*views), metric.statistics(*tensors))


@every_metric
def test_half_precision_and_integers_give_the_same_statistics(metric: Metric) -> None:
    target = torch.tensor([[[[0.0, 1.0, 1.0]]]])
    valid = torch.ones_like(target, dtype=torch.bool)
    wrong = as_read(metric, target.flip(-1)).half()
    plain = metric.statistics(wrong.float(), target, valid)
    assert torch.equal(metric.statistics(wrong, target.to(torch.uint8), valid), plain)
