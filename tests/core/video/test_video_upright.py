"""Frames as people see them: turned and mirrored as the file says."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from burnt import needs_ffmpeg, seen_by_ffmpeg

from mdf.core.errors import DataError
from mdf.core.video.frames import VideoFrames

HEIGHT, WIDTH = 48, 80


def turned(path: Path, degrees: int, mirrored: bool, upside_down: bool) -> Path:
    """Four corners of four levels, to be shown turned counter-clockwise by `degrees`, then mirrored."""
    pixels = np.full((HEIGHT, WIDTH, 3), 30, np.uint8)
    pixels[: HEIGHT // 2, : WIDTH // 2], pixels[HEIGHT // 2 :, : WIDTH // 2] = 250, 170
    pixels[: HEIGHT // 2, WIDTH // 2 :] = 90
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuv420p"
        stream.set_display_rotation(degrees, hflip=mirrored, vflip=upside_down)
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def corners(pixels: np.ndarray) -> list[int]:
    """The levels in the corners in eighties, from the upper left one row by row."""
    return [round(int(pixels[y, x, 0]) / 80) for y in (4, -5) for x in (4, -5)]


def test_each_turn(tmp_path: Path) -> None:
    shown = {degrees: VideoFrames(turned(tmp_path / "a.mp4", degrees, False, False)) for degrees in (0, 90, 180, 270)}
    assert {degrees: video.size for degrees, video in shown.items()} == {
        0: (HEIGHT, WIDTH),
        90: (WIDTH, HEIGHT),
        180: (HEIGHT, WIDTH),
        270: (WIDTH, HEIGHT),
    }
    assert corners(VideoFrames(turned(tmp_path / "b.mp4", 0, False, False)).frame(1)) == [3, 1, 2, 0]
    assert corners(VideoFrames(turned(tmp_path / "b.mp4", 90, False, False)).frame(1)) == [1, 0, 3, 2]
    assert corners(VideoFrames(turned(tmp_path / "b.mp4", 180, False, False)).frame(1)) == [0, 2, 1, 3]
    assert corners(VideoFrames(turned(tmp_path / "b.mp4", 270, False, False)).frame(1)) == [2, 3, 0, 1]
    assert corners(VideoFrames(turned(tmp_path / "b.mp4", 0, True, False)).frame(1)) == [1, 3, 0, 2]


@needs_ffmpeg
@pytest.mark.parametrize("ending", ["mp4", "mkv"])
@pytest.mark.parametrize("degrees", [90, 180, 270])
@pytest.mark.parametrize(("mirrored", "upside_down"), [(False, False), (True, False), (False, True)])
def test_as_ffmpeg_shows_it(tmp_path: Path, ending: str, degrees: int, mirrored: bool, upside_down: bool) -> None:
    path = turned(tmp_path / f"a.{ending}", degrees, mirrored, upside_down)
    video = VideoFrames(path)
    seen = seen_by_ffmpeg(path, video.size)
    assert len(video) == len(seen) == 3
    assert np.abs(video.frame(1).astype(int) - seen[1]).max() <= 3


def test_other_angles_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a\.mp4 declares a rotation that is not a multiple of 90°") as error:
        VideoFrames(turned(tmp_path / "a.mp4", 45, False, False))
    assert "upright" in error.value.hint
