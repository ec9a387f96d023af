"""Light, shadow, leaves and noise are doubted; whoever hides the background is not, however small or still."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from mdf.core.event import TrackedObject
from mdf.core.image import Pixels
from mdf.core.tracker import Detection
from mdf.inference.live.objects.detect import Found
from mdf.inference.live.objects.doubts import Doubts

SIZE = 96, 128
SIGMA = 2.0
STRUCTURE = ndimage.gaussian_filter(np.random.default_rng(1).normal(0, 60, SIZE), 1.0)[..., None]
WALL: Pixels = (120 + STRUCTURE + [0, 5, -5]).clip(0, 255).astype(np.uint8)
OTHER: Pixels = (110 + np.roll(STRUCTURE[::-1], 40, 1) + [20, 0, -30]).clip(0, 255).astype(np.uint8)
"""A wall with a structure, and what somebody wears."""


def noisy(levels: np.ndarray, seed: int) -> Pixels:  # type: ignore[type-arg]
    noise = np.random.default_rng(seed).normal(0, SIGMA, levels.shape)
    shown: Pixels = (levels + noise).round().clip(0, 255).astype(np.uint8)
    return shown


def piece(left: int, height: int, width: int) -> Found:
    mask = np.ones((height, width), bool)
    mask[[0, 0, -1, -1], [0, -1, 0, -1]] = False
    top = 80 - height
    box = left / SIZE[1], top / SIZE[0], (left + width) / SIZE[1], 80 / SIZE[0]
    return Found(Detection(box, mask.sum() / (SIZE[0] * SIZE[1]), 1.0), top, left, mask)


def frame_with(scene: str, found: Found, number: int) -> Pixels:
    """What the camera shows where something was found."""
    rows = slice(found.top, found.top + found.mask.shape[0])
    columns = slice(found.left, found.left + found.mask.shape[1])
    levels = WALL.astype(np.float64)
    shown = {
        "light": 1.5 * levels,
        "shadow": 0.6 * levels,
        "leaves": np.roll(levels, (2, -2), (0, 1)),
        "nothing": levels,
        "somebody": OTHER.astype(np.float64),
        "somebody in grey": np.full_like(levels, 90.0),
        "somebody dark": np.full_like(levels, 12.0),
        "somebody in the light": np.where(np.arange(SIZE[1])[:, None] < found.left + 12, 1.3 * OTHER, 1.5 * levels),
        "somebody behind bars": np.where((np.arange(SIZE[1]) % 8 < 4)[:, None], levels, OTHER),
    }[scene]
    inside = np.zeros(SIZE, bool)
    inside[rows, columns] = found.mask
    return noisy(np.where(inside[..., None], shown, levels), number)


def doubted(scene: str, walks: int, size: tuple[int, int], frames: int = 8, judge: Doubts | None = None) -> list[bool]:
    """Whether it is doubted in each frame, ten a second."""
    judge, answers = judge or Doubts(), []
    for number in range(frames):
        found = piece(20 + number * walks, *size)
        one = TrackedObject(1, found.detection.box, found.detection.area)
        outside = np.zeros(SIZE, bool)
        outside[:, found.left : found.left + size[1]] = True
        frame = frame_with(scene, found, number)
        judge.step([one], {1}, lambda _: False, [found], frame, WALL, outside, number / 10)
        answers.append(1 in judge.doubted)
    return answers


@pytest.mark.parametrize("walks", [0, 2])
@pytest.mark.parametrize("scene", ["light", "shadow", "leaves", "nothing"])
def test_the_empty_scene_is_doubted_in_another_light_and_moved(scene: str, walks: int) -> None:
    assert all(doubted(scene, walks, (40, 24)))


@pytest.mark.parametrize("walks", [0, 2])
@pytest.mark.parametrize("size", [(40, 24), (10, 5), (7, 4)])
@pytest.mark.parametrize("scene", ["somebody", "somebody in grey", "somebody dark"])
def test_nobody_is_doubted_who_hides_it(scene: str, size: tuple[int, int], walks: int) -> None:
    assert not any(doubted(scene, walks, size))


@pytest.mark.parametrize("scene", ["somebody in the light", "somebody behind bars"])
def test_nobody_is_doubted_of_whom_a_part_is_seen(scene: str) -> None:
    assert not any(doubted(scene, 1, (40, 24)))


def test_who_steps_out_of_a_beam_counts_soon() -> None:
    judge = Doubts()
    assert all(doubted("light", 2, (60, 40), judge=judge))
    after = doubted("somebody", 2, (40, 16), frames=20, judge=judge)
    assert after[0]
    assert not any(after[15:])


def test_where_the_background_has_no_structure_nothing_is_doubted() -> None:
    flat = np.full((*SIZE, 3), 120, np.uint8)
    found, judge = piece(20, 40, 24), Doubts()
    one = TrackedObject(1, found.detection.box, found.detection.area)
    for number in range(8):
        frame = flat.astype(np.float64)
        frame[found.top : 80, 20:44] = 70
        judge.step([one], {1}, lambda _: False, [found], noisy(frame, number), flat, np.zeros(SIZE, bool), number / 10)
        assert not judge.doubted


def test_what_was_told_is_doubted_no_more() -> None:
    found, judge = piece(20, 40, 24), Doubts()
    one = TrackedObject(1, found.detection.box, found.detection.area)
    frame = frame_with("light", found, 0)
    judge.step([one], {1}, lambda _: True, [found], frame, WALL, np.zeros(SIZE, bool), 0.0)
    assert not judge.doubted
