"""An estimated background: whoever stood still in it is found, and an empty one is not suspected."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_files import DATA, needs

from mdf.core import background
from mdf.core.background import find_ghost, reduced, usual
from mdf.core.image import Pixels
from mdf.plugins.datasets.video import VideoFile

HEIGHT, WIDTH, FRAMES = 90, 160, 25
CLIP = "surveillance_clip/one-by-one-person-detection.mp4"
STOOD = (slice(30, 70), slice(60, 80))


def street(seed: int) -> Pixels:
    """Smooth shading, lines and a little texture."""
    random = np.random.default_rng(seed)
    shade = np.linspace(70, 130, WIDTH) + np.linspace(0, 40, HEIGHT)[:, None]
    scene = shade[..., None] + random.integers(-15, 16, 3) + random.normal(0, 4, (HEIGHT, WIDTH, 1))
    scene[55:60] -= 40
    scene[:, 68:71] += 30
    return scene.clip(0, 255).astype(np.uint8)


def filmed(scene: Pixels, seed: int, standing: int, colour: int = 30) -> list[Pixels]:
    """Frames with noise, somebody who walks through, and in the first `standing` of them one who stands still."""
    random = np.random.default_rng(seed)
    frames = []
    for number in range(FRAMES):
        frame = scene.astype(int)
        frame[20:50, (left := 6 * number) : left + 12] = random.integers(0, 256, 3)
        if number < standing:
            frame[STOOD] = colour + random.integers(-6, 7, (40, 20, 3))
        frames.append((frame + random.normal(0, 2, frame.shape)).clip(0, 255).astype(np.uint8))
    return frames


def found(frames: list[Pixels]) -> background.Ghost | None:
    return find_ghost([reduced(x) for x in frames], reduced(usual(frames)))


@given(st.integers(0, 2**31), st.integers(14, 21), st.sampled_from([10, 30, 235]))
@settings(max_examples=8)
def test_who_stands_still_most_of_the_time_is_found(seed: int, standing: int, colour: int) -> None:
    suspected = found(filmed(street(seed), seed, standing, colour))
    assert suspected is not None
    assert suspected.share == pytest.approx(40 * 20 / (HEIGHT * WIDTH), rel=0.5)
    assert suspected.emptiest >= standing


@given(st.integers(0, 2**31), st.integers(0, 10), st.sampled_from([10, 30, 235]))
@settings(max_examples=8)
def test_an_empty_background_is_not_suspected(seed: int, standing: int, colour: int) -> None:
    """Neither where nothing stood still nor where something did in less than half of the frames."""
    assert found(filmed(street(seed), seed, standing, colour)) is None


def test_light_that_changes_is_no_ghost() -> None:
    scene = street(1)
    frames = [(x * (1.0 if i < 20 else 0.6)).astype(np.uint8) for i, x in enumerate(filmed(scene, 1, 0))]
    assert found(frames) is None


def test_few_or_large_frames_are_fine() -> None:
    scene = street(2)
    assert found([scene]) is None
    assert found([scene, scene]) is None
    large = scene.repeat(5, axis=0).repeat(5, axis=1)
    assert reduced(large).shape == (HEIGHT, WIDTH, 3)


@needs(CLIP)
def test_a_real_clip_in_which_people_stand_at_one_place() -> None:
    """The frame that it names really is empty, and a background of empty frames is not suspected."""
    path = str(DATA / CLIP)
    video = VideoFile(VideoFile.Config(), path)
    (doubt,) = video.warnings()
    assert "stood still" in doubt
    assert int(doubt.split("--background ")[1].rstrip("`)")) in (0, 58, 464, 1219, 1393)
    assert not VideoFile(VideoFile.Config(background=28), path).warnings()
    _, frames, _ = video._estimated
    empty = [frame for number, frame in frames.items() if number in (0, 58, 464, 871, 1219, 1393)]
    passing = [frame for number, frame in frames.items() if number in (116, 290, 522, 755)]
    chosen = [*empty, *passing]
    assert find_ghost(chosen, usual(chosen)) is None
