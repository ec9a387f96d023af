"""The empty scene, estimated from frames in which something is there more often than not."""

from __future__ import annotations

import numpy as np
import pytest

from mdf.core.background import usual

HEIGHT, WIDTH = 24, 40


def scene(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(90, 200, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def traffic(frames: int, share: float) -> list[np.ndarray]:
    """A noisy scene; in `share` of the frames its middle shows things of ever other dark colours."""
    random = np.random.default_rng(1)
    shown = []
    for number in range(frames):
        frame = scene().astype(float) + random.normal(0, 2, (HEIGHT, WIDTH, 3))
        if number < share * frames:
            frame[8:16, 10:30] = random.integers(0, 60, 3)  # dark cars on a bright road
        shown.append(frame.clip(0, 255).astype(np.uint8))
    random.shuffle(shown)
    return shown


def test_what_is_seen_most_often_counts_though_it_is_seen_in_a_minority_of_frames() -> None:
    frames = traffic(60, share=0.6)
    error = np.abs(usual(frames).astype(int) - scene())
    median = np.abs(np.median(np.stack(frames), axis=0) - scene())
    assert error.mean() < 1.5
    assert error[8:16, 10:30].mean() < 0.2 * median[8:16, 10:30].mean()


def test_noise_is_averaged_away() -> None:
    frames = traffic(40, share=0)
    assert np.abs(usual(frames).astype(int) - scene()).mean() < 0.5 * np.abs(frames[0].astype(int) - scene()).mean()


@pytest.mark.parametrize("count", [1, 2, 3, 4, 25])
def test_a_scene_without_noise_stays_as_it_is(count: int) -> None:
    assert np.array_equal(usual([scene()] * count), scene())


def test_of_many_frames_some_are_tried() -> None:
    assert np.abs(usual(traffic(200, share=0.3)).astype(int) - scene()).mean() < 1
