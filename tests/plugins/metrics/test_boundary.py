"""Boundary F against scipy's erosion and distance transform."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from mdf.plugins.metrics.boundary import BoundaryF
from mdf.plugins.metrics.contour import contour, near


def blobs(seed: int, count: int = 3) -> torch.Tensor:
    random = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(random.standard_normal((count, 1, 24, 31)), (0, 0, 2, 2))
    return torch.from_numpy(smooth > 0.02).float()


def by_hand(found: np.ndarray, true: np.ndarray, tolerance: int) -> float:
    """Edges by erosion (the image's rim is none), matches by the distance to the other's edge."""
    edges = [mask & ~ndimage.binary_erosion(mask, border_value=1) for mask in (found, true)]
    if not edges[0].any() and not edges[1].any():
        return 1.0
    if not edges[0].any() or not edges[1].any():
        return 0.0
    away = [ndimage.distance_transform_edt(~edge) for edge in edges]
    precision, recall = (away[1][edges[0]] <= tolerance).mean(), (away[0][edges[1]] <= tolerance).mean()
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


@given(st.integers(0, 2**31), st.integers(0, 5))
@settings(max_examples=15)
def test_it_agrees_with_scipy(seed: int, tolerance: int) -> None:
    prediction, target = blobs(seed), blobs(seed + 1)
    metric = BoundaryF(BoundaryF.Config(tolerance=tolerance))
    statistics = metric.statistics(prediction, target, torch.ones_like(target, dtype=torch.bool))
    expected = [
        by_hand(p[0].numpy() > 0.5, t[0].numpy() > 0.5, tolerance) for p, t in zip(prediction, target, strict=True)
    ]
    assert statistics[:, 0].tolist() == pytest.approx(expected)
    assert statistics[:, 1].tolist() == [1.0] * 3


@pytest.mark.parametrize(("found", "true", "expected"), [(0, 0, 1.0), (1, 0, 0.0), (0, 1, 0.0), (1, 1, 1.0)])
def test_empty_masks(found: int, true: int, expected: float) -> None:
    square = torch.zeros(1, 1, 8, 8)
    square[..., 2:5, 2:5] = 1.0
    metric = BoundaryF(BoundaryF.Config())
    statistics = metric.statistics(found * square, true * square, torch.ones_like(square, dtype=torch.bool))
    assert metric.score(statistics.sum(0)).item() == expected


def test_invalid_pixels_are_not_background_and_have_no_contour() -> None:
    mask = torch.zeros(1, 1, 4, 6, dtype=torch.bool)
    mask[..., :3] = True
    valid = torch.ones_like(mask)
    assert contour(mask, valid).nonzero()[:, 3].unique().tolist() == [2]
    valid[..., 3] = False
    assert not contour(mask, valid).any()


def test_near_is_a_disc() -> None:
    point = torch.zeros(1, 1, 7, 7, dtype=torch.bool)
    point[0, 0, 3, 3] = True
    assert [int(near(point, distance).sum()) for distance in (0, 1, 2)] == [1, 5, 13]
