"""Alignment, caps and averaging, which all scores of differences share, against plain numpy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mdf.plugins.metrics.absolute import MAE, RMSE
from mdf.plugins.metrics.relative import AbsRel


def images(seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    draws = torch.rand(3, 5, 1, 9, 11, generator=torch.Generator().manual_seed(seed))
    return 0.1 + draws[0], 0.1 + 9.9 * draws[1], draws[2] > 0.3


def score(metric, *data: torch.Tensor) -> float:
    return metric.score(metric.statistics(*data).sum(0)).item()


def by_hand(data, alignment: str, low: float, high: float) -> list[np.ndarray]:
    """Differences of each image, with numpy's own median and least squares."""
    found = []
    for prediction, target, valid in zip(*data, strict=True):
        counted = valid & (target >= low) & (target <= high)
        p, t = prediction[counted].double().numpy(), target[counted].double().numpy()
        if alignment == "median":
            p = p * np.median(t) / np.median(p)
        elif alignment == "scale-shift":
            p = np.polyval(np.polyfit(p, t, 1), p)
        found.append(p.clip(low, high) - t)
    return found


@pytest.mark.parametrize("alignment", ["none", "median", "scale-shift"])
@pytest.mark.parametrize("average", ["pixels", "images"])
@given(st.integers(0, 2**31))
@settings(max_examples=15)
def test_it_agrees_with_numpy(alignment: str, average: str, seed: int) -> None:
    data = images(seed)
    metric = RMSE(RMSE.Config(alignment=alignment, average=average, minimum=0.5, maximum=8.0))
    each = by_hand(data, alignment, 0.5, 8.0)
    groups = each if average == "images" else [np.concatenate(each)]
    assert score(metric, *data) == pytest.approx(np.mean([np.sqrt(np.mean(d**2)) for d in groups]), rel=1e-5)


@given(st.integers(0, 2**31), st.floats(0.1, 10), st.floats(-3, 3))
@settings(max_examples=15)
def test_scale_and_shift_find_what_was_done_to_the_truth(seed: int, scale: float, shift: float) -> None:
    _, target, valid = images(seed)
    metric = MAE(MAE.Config(alignment="scale-shift"))
    assert score(metric, scale * target + shift, target, valid) < 1e-4
    assert score(MAE(MAE.Config(alignment="median")), scale * target, target, valid) < 1e-4


@pytest.mark.parametrize("alignment", ["median", "scale-shift"])
@pytest.mark.parametrize("flat", [0.0, 2.0, -1.0])
def test_a_constant_prediction_has_a_finite_score(alignment: str, flat: float) -> None:
    _, target, valid = images(0)
    metric = AbsRel(AbsRel.Config(alignment=alignment))
    statistics = metric.statistics(torch.full_like(target, flat), target, valid)
    assert statistics.isfinite().all()
    assert 0 < metric.score(statistics.sum(0)).item() < math.inf


def test_every_choice_is_told_in_the_protocol() -> None:
    configs = [{}, {"alignment": "median"}, {"minimum": 1.0}, {"maximum": 80.0}, {"average": "images"}]
    protocols = [RMSE(RMSE.Config(**config)).protocol for config in configs]
    assert len(set(protocols)) == len(configs)
    capped = RMSE(RMSE.Config(minimum=0.001, maximum=80.0)).protocol
    assert capped.cap == "at least 0.001, at most 80"


def test_a_range_that_holds_nothing_is_refused() -> None:
    with pytest.raises(ValidationError, match="not below"):
        RMSE.Config(minimum=2.0, maximum=1.0)


def test_images_without_a_counted_pixel_do_not_count() -> None:
    target = torch.tensor([1.0, 100.0]).view(2, 1, 1, 1).expand(2, 1, 2, 2)
    metric = MAE(MAE.Config(maximum=10.0, average="images"))
    assert score(metric, target + 1, target, target > 0) == 1.0
