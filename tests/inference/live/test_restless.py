"""What comes and goes without walking is doubted where it did so before; who walks is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mdf.core.event import TrackedObject
from mdf.core.tracker import Detection
from mdf.inference.live.objects.detect import Found
from mdf.inference.live.objects.restless import Restless

SIZE = 40, 60


def seen(number: int, left: int, top: int, side: int = 10) -> tuple[TrackedObject, Found]:
    box = left / SIZE[1], top / SIZE[0], (left + side) / SIZE[1], (top + side) / SIZE[0]
    return TrackedObject(number, box, 0.01), Found(
        Detection(box, 0.01, 1.0), top, left, np.ones((side, side), np.bool_)
    )


def shown(restless: Restless, number: int, left: int, begin: float, walks: int = 0, frames: int = 10) -> list[bool]:
    """Whether an object is doubted in each frame, ten a second; it walks so many pixels a frame."""
    doubted = []
    for step in range(frames):
        one, found = seen(number, left + step * walks, 10)
        restless.step([replace(one, since=begin)], {number}, [found], begin + step / 10)
        doubted.append(number in restless.doubted)
    return doubted


def test_a_leaf_counts_once_and_who_walks_or_stays_counts_everywhere() -> None:
    restless = Restless(SIZE)
    assert not any(shown(restless, 1, 20, 1.0))
    assert all(shown(restless, 2, 21, 20.0))
    assert not any(shown(restless, 3, 40, 40.0))
    assert shown(restless, 4, 20, 60.0, walks=2) == [True] * 4 + [False] * 6
    assert shown(restless, 5, 20, 80.0, frames=210) == [True] * 200 + [False] * 10


def test_unrest_is_forgotten_and_expected() -> None:
    restless = Restless(SIZE)
    assert not any(shown(restless, 1, 20, 1.0))
    assert not any(shown(restless, 2, 20, 1000.0))
    calm = Restless(SIZE)
    calm.expect(np.full(SIZE, 2.0, np.float32))
    assert all(shown(calm, 1, 20, 1.0))
