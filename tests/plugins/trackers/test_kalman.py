"""The built-in tracker: identities through crossing, hiding, gaps and the picture's edge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pytest
import torch

from mdf.core.tracker import Detection
from mdf.inference.live.objects.detect import detect
from mdf.plugins.datasets.scenes.sequences import RenderedSequence, render_sequence
from mdf.plugins.trackers.kalman import KalmanTracker

STEP = 0.1


def tracker(**options: object) -> KalmanTracker:
    return KalmanTracker(KalmanTracker.Config(**options))


def somebody(x: float, y: float = 0.8, depth: float = 5.0, height: float = 0.4) -> Detection:
    return Detection((x - 0.05, y - height, x + 0.05, y), 0.03, depth, 0.2)


def numbers(steps: Iterable[Sequence[Detection]], one: KalmanTracker, step: float = STEP) -> list[list[int | None]]:
    """By frame, the number of each detection."""
    found = []
    for index, detections in enumerate(steps):
        by = {track.detection: track.id for track in one.step(list(detections), index * step)}
        found.append([by.get(n) for n in range(len(detections))])
    return found


@pytest.mark.parametrize("seed", range(8))
def test_two_who_meet_and_turn_back_are_told_apart_by_depth_alone(seed: int) -> None:
    """Both feet are on one line, as from a camera at the height of the floor, and boxes are noisy."""
    rng = np.random.default_rng(seed)

    def at(number: int) -> list[Detection]:
        left = 0.2 + 0.0095 * (number if number < 30 else 60 - number) + rng.normal(0, 0.004)
        right = 0.8 - 0.0095 * (number if number < 30 else 60 - number) + rng.normal(0, 0.004)
        return [somebody(left, depth=4.0 + rng.normal(0, 0.1)), somebody(right, depth=6.5 + rng.normal(0, 0.1))]

    with_depth = numbers((at(n) for n in range(60)), tracker())
    assert with_depth[-1] == with_depth[10]


def test_who_is_hidden_for_a_while_keeps_the_number() -> None:
    def at(number: int) -> list[Detection]:
        near = somebody(0.2 + 0.01 * number, y=0.9, depth=4.0, height=0.6)
        far = somebody(0.8 - 0.01 * number, y=0.7, depth=8.0, height=0.3)
        hidden = abs(near.foot[0] - far.foot[0]) < 0.1
        return [near] if hidden else [near, far]

    found = numbers((at(n) for n in range(60)), tracker())
    assert found[-1] == found[10]


@pytest.mark.parametrize("gap", [0.3, 1.0, 1.5])
def test_missing_frames_are_bridged_by_the_real_time_step(gap: float) -> None:
    one, ids = tracker(), set()
    times = [*np.arange(0, 2, 0.1), *np.arange(2 + gap, 4 + gap, 0.1)]
    for time in times:
        ids |= {track.id for track in one.step([somebody(0.1 + 0.12 * time)], float(time))}
    assert ids == {1}


def test_an_unknown_depth_tells_nothing_apart() -> None:
    found = numbers(([somebody(0.1 + 0.01 * n, depth=float("nan") if n % 3 else 5.0)] for n in range(40)), tracker())
    assert {n for step in found for n in step} == {None, 1}


def test_a_piece_that_the_mask_lost_is_nobody() -> None:
    def at(number: int) -> list[Detection]:
        whole = somebody(0.3 + 0.005 * number, height=0.6)
        piece = Detection((whole.box[0] + 0.02, 0.3, whole.box[0] + 0.05, 0.36), 0.002, 5.5, 0.2)
        return [whole, piece] if number > 10 else [whole]

    found = numbers((at(n) for n in range(40)), tracker())
    assert {n for step in found for n in step} == {None, 1}


def test_a_head_that_is_apart_in_every_second_frame_is_nobody() -> None:
    """A grey shirt before a grey wall: the mask shows all of somebody, or head and legs apart."""

    def at(number: int) -> list[Detection]:
        x = 0.2 + 0.012 * number
        whole = Detection((x - 0.1, 0.05, x + 0.12, 0.9), 0.08, 4.6, 0.3, 0.9)
        if number < 10 or number % 2:
            return [whole]
        head = Detection((x + 0.06, 0.05, x + 0.12, 0.2), 0.008, 4.5, 0.2, 0.9)
        return [Detection((x - 0.1, 0.4, x + 0.04, 0.9), 0.05, 4.6, 0.3, 0.9), head]

    found = numbers((at(n) for n in range(50)), tracker())
    assert {n for step in found for n in step} == {None, 1}


def test_two_in_one_region_keep_their_numbers_when_they_turn_back() -> None:
    """For a second the mask shows the near one and the far one as one region, as tall as both."""

    def at(number: int) -> list[Detection]:
        gone = min(number, 50 - number)
        near, far = somebody(0.2 + 0.012 * gone, y=0.8), somebody(0.76 - 0.012 * gone, y=0.6, depth=7.0, height=0.3)
        if near.box[2] < far.box[0]:
            return [near, far]
        return [Detection((near.box[0], far.box[1], far.box[2], near.box[3]), 0.06, 5.6, 1.0)]

    found = numbers((at(n) for n in range(51)), tracker())
    assert min(map(len, found)) == 1
    assert found[-1] == found[10]
    assert None not in found[10]


def test_a_shadow_beside_somebody_is_nobody_and_takes_no_number() -> None:
    def at(number: int) -> list[Detection]:
        person = somebody(0.2 + 0.01 * number, y=0.7)
        shadow = Detection((person.box[2] + 0.01, 0.74, person.box[2] + 0.07, 0.8), 0.002, 5.5, 0.2, 0.7)
        return [person, shadow] if number > 5 and number % 4 else [person]

    found = numbers((at(n) for n in range(50)), tracker())
    assert [step[0] for step in found[5:]] == [1] * 45
    assert {step[1] for step in found if len(step) > 1} == {None}


def test_its_memory_does_not_grow() -> None:
    one, rng = tracker(), np.random.default_rng(0)
    for number in range(2000):
        one.step([somebody(float(rng.uniform(0.1, 0.9)), depth=float(rng.uniform(2, 20)))], number * STEP)
    assert len(one._objects) < 200


@pytest.fixture(scope="module", params=["cross", "turn-back"])
def story(request: pytest.FixtureRequest) -> RenderedSequence:
    return render_sequence(request.param, seed=1, size=(60, 100), fps=8)


def test_rendered_people_who_cross_or_turn_back_keep_their_numbers(story: RenderedSequence) -> None:
    one, seen = tracker(), {1: set[int](), 2: set[int]()}
    for ids, depth, time in zip(story.ids, story.depth, story.times, strict=True):
        mask = (ids > 0).numpy()
        found = detect(mask, mask.astype(np.float32), depth.numpy(), 0.001)
        for track in one.step([f.detection for f in found], time):
            if track.detection is not None:
                f = found[track.detection]
                part = ids[f.top : f.top + f.mask.shape[0], f.left : f.left + f.mask.shape[1]][torch.from_numpy(f.mask)]
                seen[int(part[part > 0].mode().values)].add(track.id)
    assert [len(numbers_of) for numbers_of in seen.values()] == [1, 1]
    assert seen[1] != seen[2]


def test_sequences_are_exact(story: RenderedSequence) -> None:
    assert story.frames.shape[-2:] == story.ids.shape[-2:] == story.depth.shape[-2:]
    assert not story.ids[0].any()
    differs = (story.frames.int() - story.bg.int()).abs().amax(1)
    assert differs[story.mask].float().mean() > 5 * differs[~story.mask].float().mean()
    near, far = (story.depth[story.ids == number].median() for number in (1, 2))
    assert near < far
