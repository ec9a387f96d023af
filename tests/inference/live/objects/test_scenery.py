"""How alike a detection and the empty scene are, told fast, is what its definition says."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from mdf.core.tracker import Detection
from mdf.inference.live.objects.detect import Found
from mdf.inference.live.objects.scenery import HERE, PIXELS, REACH, SHIFTS, WINDOW, likeness, noise

SIZE = 60, 80
RNG = np.random.default_rng(5)
BACKGROUND = RNG.integers(0, 256, (*SIZE, 3), np.uint8)
FRAME = np.clip(BACKGROUND * 0.8 + RNG.normal(0, 20, (*SIZE, 3)), 0, 255).astype(np.uint8)


def piece(top: int, left: int, height: int, width: int) -> Found:
    mask = RNG.random((height, width)) < 0.9
    mask[height // 3 :, width // 3 :] = True
    return Found(Detection((0.0, 0.0, 1.0, 1.0), 0.1, 1.0), top, left, mask)


def means(levels: np.ndarray, **options: str) -> np.ndarray:  # type: ignore[type-arg]
    return ndimage.uniform_filter(levels, (WINDOW, WINDOW, 1), **options)


@pytest.mark.parametrize(
    "place", [(20, 30, 30, 20), (0, 0, 30, 40), (30, 50, 30, 30), (0, 0, *SIZE), (40, 70, 5, 4), (59, 79, 1, 1)]
)
def test_it_is_what_the_definition_says(place: tuple[int, int, int, int]) -> None:
    found = piece(*place)
    top, left, height, width = place
    mask = found.mask
    colours = FRAME[top : top + height, left : left + width].astype(np.float64)
    inside = mask[..., None].astype(np.float64)
    fine = colours - means(colours * inside, mode="constant") / np.maximum(means(inside, mode="constant"), 1e-6)
    wide = np.pad(BACKGROUND, ((REACH, REACH), (REACH, REACH), (0, 0)), "reflect").astype(np.float64)
    around = wide[top : top + height + 2 * REACH, left : left + width + 2 * REACH]
    scene = around - means(around)
    told = likeness(FRAME, BACKGROUND, found)
    assert told.area == mask.sum()
    rows, columns = np.nonzero(mask)
    for number, (down, right) in enumerate(SHIFTS):
        step = 1 if number == HERE else 1 + len(rows) // PIXELS
        here = rows[::step], columns[::step]
        there = here[0] + REACH - down, here[1] + REACH - right
        one, other = fine[here].ravel(), scene[there].ravel()
        scale = np.linalg.norm(one) * np.linalg.norm(other)
        alike = one @ other / scale if scale > 1e-6 else 0.0
        assert told.shifts[number] == pytest.approx(alike, abs=1e-5)
        assert told.differences[number] == pytest.approx(((colours[here] - around[there]) ** 2).mean(), rel=1e-5)
    inner = ndimage.binary_erosion(mask, np.ones((3, 3)), WINDOW // 2)
    if inner.sum() < 0.2 * mask.sum():
        assert told.rest is None
        return
    seen, behind = fine[inner], scene[REACH:-REACH, REACH:-REACH][inner]
    gain = (seen * behind).sum() / (behind**2).sum()
    assert told.rest == pytest.approx(((seen - gain * behind) ** 2).mean(), rel=1e-4)


def test_noise_is_told_from_what_is_not_foreground() -> None:
    foreground = np.zeros(SIZE, bool)
    foreground[10:40, 20:50] = True
    difference = FRAME.astype(np.float64) - BACKGROUND
    rest = np.abs(difference - means(difference))[~foreground]
    assert noise(FRAME, BACKGROUND, foreground) == pytest.approx((1.4826 * np.median(rest)) ** 2, rel=1e-4)
    assert noise(FRAME, BACKGROUND, np.ones(SIZE, bool)) == 0.0
