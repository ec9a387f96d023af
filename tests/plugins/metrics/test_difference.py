"""Alignment, limits and averaging of all metrics of differences, against plain NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mdf.core.metric import Metric
from mdf.plugins.metrics.absolute import MAE, RMSE
from mdf.plugins.metrics.logarithmic import SILog
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
def test_scale_and_shift_undo_a_change_of_the_truth(seed: int, scale: float, shift: float) -> None:
    _, target, valid = images(seed)
    metric = MAE(MAE.Config(alignment="scale-shift"))
    assert score(metric, scale * target + shift, target, valid) < 1e-4
    assert score(MAE(MAE.Config(alignment="median")), scale * target, target, valid) < 1e-4


def of_scenes(metric, scenes: list[int], *data: torch.Tensor) -> float:
    """The score of images whose scenes are fitted first, as scoring does it."""
    place = torch.tensor(scenes)
    moments = metric.moments(*data)
    sums = torch.zeros(max(scenes) + 1, moments.shape[1], dtype=torch.float64).index_add_(0, place, moments)
    return score(metric, metric.fitted(data[0], sums[place]), *data[1:])


@given(st.integers(0, 2**31))
@settings(max_examples=15)
def test_a_scene_is_fitted_as_numpy_fits_all_its_pixels(seed: int) -> None:
    prediction, target, valid = images(seed)
    scenes = [0, 1, 0, 1, 1]
    metric = RMSE(RMSE.Config(alignment="per-scene", minimum=0.5, maximum=8.0))
    squares = []
    for scene in (0, 1):
        chosen = [i for i, of in enumerate(scenes) if of == scene]
        counted = valid[chosen] & (target[chosen] >= 0.5) & (target[chosen] <= 8.0)
        p, t = prediction[chosen][counted].double().numpy(), target[chosen][counted].double().numpy()
        squares.append((np.polyval(np.polyfit(p, t, 1), p).clip(0.5, 8.0) - t) ** 2)
    expected = np.sqrt(np.mean(np.concatenate(squares)))
    assert of_scenes(metric, scenes, prediction, target, valid) == pytest.approx(expected, rel=1e-5)
    assert metric.protocol.alignment == "scale-shift of each scene"


def test_the_fit_is_per_scene_and_not_per_image() -> None:
    _, target, valid = images(3)
    metric = MAE(MAE.Config(alignment="per-scene"))
    scenes = [0, 0, 1, 1, 1]
    factor, offset = (torch.tensor(x)[scenes].view(5, 1, 1, 1) for x in ([0.5, 3.0], [1.0, -2.0]))
    assert of_scenes(metric, scenes, factor * target + offset, target, valid) < 1e-4
    assert of_scenes(metric, [0] * 5, factor * target + offset, target, valid) > 0.1


@pytest.mark.parametrize("flat", [0.0, 0.1, -1.0])
def test_a_constant_prediction_of_a_scene_becomes_the_mean_of_its_truth(flat: float) -> None:
    _, target, valid = images(0)
    metric = MAE(MAE.Config(alignment="per-scene"))
    known = target[valid].double()
    found = of_scenes(metric, [0] * 5, torch.full_like(target, flat), target, valid)
    assert found == pytest.approx((known - known.mean()).abs().mean().item(), rel=1e-6)


def test_a_scene_without_a_counted_pixel_does_not_count() -> None:
    prediction, target, valid = images(0)
    metric = RMSE(RMSE.Config(alignment="per-scene"))
    valid[1] = False
    assert math.isfinite(of_scenes(metric, [0, 1, 0, 0, 0], prediction, target, valid))


@pytest.mark.parametrize("alignment", ["median", "scale-shift"])
@pytest.mark.parametrize("flat", [0.0, 2.0, -1.0])
def test_a_constant_prediction_has_a_finite_score(alignment: str, flat: float) -> None:
    _, target, valid = images(0)
    metric = AbsRel(AbsRel.Config(alignment=alignment))
    statistics = metric.statistics(torch.full_like(target, flat), target, valid)
    assert statistics.isfinite().all()
    assert 0 < metric.score(statistics.sum(0)).item() < math.inf


@pytest.mark.parametrize("alignment", ["none", "median", "scale-shift"])
@pytest.mark.parametrize("kind", [MAE, RMSE, AbsRel, SILog])
def test_a_nan_prediction_has_a_nan_score(kind: type[Metric], alignment: str) -> None:
    prediction, target, valid = images(0)
    prediction[0, ..., 4, 5], valid[0, ..., 4, 5] = math.nan, True
    metric = kind(kind.Config(alignment=alignment, minimum=0.001, maximum=80.0))
    assert metric.statistics(prediction, target, valid)[1:].isfinite().all()
    assert math.isnan(score(metric, prediction, target, valid))


def test_every_option_is_in_the_protocol() -> None:
    configs = [
        {},
        {"alignment": "median"},
        {"alignment": "per-scene"},
        {"minimum": 1.0},
        {"maximum": 80.0},
        {"average": "images"},
    ]
    protocols = [RMSE(RMSE.Config(**config)).protocol for config in configs]
    assert len(set(protocols)) == len(configs)
    capped = RMSE(RMSE.Config(minimum=0.001, maximum=80.0)).protocol
    assert capped.cap == "at least 0.001, at most 80"


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(ValidationError, match="not below"):
        RMSE.Config(minimum=2.0, maximum=1.0)


def test_images_without_a_counted_pixel_do_not_count() -> None:
    target = torch.tensor([1.0, 100.0]).view(2, 1, 1, 1).expand(2, 1, 2, 2)
    metric = MAE(MAE.Config(maximum=10.0, average="images"))
    assert score(metric, target + 1, target, target > 0) == 1.0
