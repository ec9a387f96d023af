"""RGB as ffmpeg's own program makes it, whatever the file says about its colours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from burnt import burn, ffmpeg, needs_ffmpeg, seen_by_ffmpeg

from mdf.core.errors import DataError
from mdf.core.image import Pixels
from mdf.core.video.frames import VideoFrames

pytestmark = needs_ffmpeg

HEIGHT, WIDTH = 96, 128
COLOURS = (
    np.kron(np.random.default_rng(0).integers(0, 256, (12, 16, 3)), np.ones((8, 8, 1))).astype(np.int16)
    + np.random.default_rng(1).integers(-20, 21, (HEIGHT, WIDTH, 3))
).clip(0, 255)


def coloured(path: Path, coding: str) -> Path:
    """Three equal frames of noisy colour blocks."""
    source = f"-f rawvideo -pix_fmt rgb24 -s {WIDTH}x{HEIGHT} -r 25 -i -"
    ffmpeg(source, coding, path, stdin=COLOURS.astype(np.uint8).tobytes() * 3)
    return path


def worst(path: Path, size: tuple[int, int] = (HEIGHT, WIDTH)) -> int:
    """The largest difference from ffmpeg's frames, in levels."""
    video, seen = VideoFrames(path), seen_by_ffmpeg(path, size)
    assert len(video) == len(seen)
    return max(int(np.abs(video.frame(number).astype(int) - pixels).max()) for number, pixels in enumerate(seen))


SPACES = ("bt709", "smpte170m", "bt470bg", "fcc", "smpte240m", "bt2020nc", "bt2020c", "unknown")
EIGHT_BITS = ("yuv420p", "yuv422p", "yuv444p", "yuv410p", "yuv411p", "nv12", "uyvy422", "gray", "monob", "pal8")
OTHERS = ("yuv420p10le", "yuv422p10le", "gray10le", "gray16le", "gbrp", "bgr0", "rgba", "rgb48le")


@pytest.mark.parametrize("levels", ["tv", "pc"])
@pytest.mark.parametrize("space", SPACES)
def test_the_matrix_and_range_that_the_file_says(tmp_path: Path, space: str, levels: str) -> None:
    known = {"bt709", "smpte170m", "fcc", "smpte240m"}
    matrix = space if space in known else "bt2020" if space.startswith("bt2020") else "smpte170m"
    converted = f"-vf scale=out_color_matrix={matrix}:out_range={levels} -c:v libx264 -qp 10 -pix_fmt yuv420p"
    path = coloured(tmp_path / "a.mp4", f"{converted} -colorspace {space} -color_range {levels}")
    assert worst(path) <= 3
    shown = VideoFrames(path).frame(1)
    assert np.abs(blocks(shown) - blocks(COLOURS)).mean() < 3  # and these are the colours that were recorded


def blocks(pixels: Pixels | np.ndarray) -> np.ndarray:
    """The mean of each block of 8×8 pixels, which chroma at half the size keeps."""
    return pixels.reshape(HEIGHT // 8, 8, WIDTH // 8, 8, 3).mean((1, 3))


@pytest.mark.parametrize("pixel_format", [*EIGHT_BITS, *OTHERS])
def test_pixel_formats(tmp_path: Path, pixel_format: str) -> None:
    assert worst(coloured(tmp_path / "a.nut", f"-c:v rawvideo -pix_fmt {pixel_format}")) <= 3


@pytest.mark.parametrize(
    ("name", "coding"),
    [
        ("h264.mp4", "-c:v libx264 -qp 10 -pix_fmt yuv420p -flags +ilme+ildct"),
        ("ten-bits.mp4", "-c:v libx264 -qp 10 -pix_fmt yuv420p10le -flags +ilme+ildct"),
        ("mpeg2.mpg", "-c:v mpeg2video -q:v 1 -pix_fmt yuv420p -flags +ilme+ildct"),
    ],
)
def test_interlaced_frames(tmp_path: Path, name: str, coding: str) -> None:
    assert worst(coloured(tmp_path / name, coding)) <= 3


def test_digital_video(tmp_path: Path) -> None:
    assert worst(coloured(tmp_path / "dv.avi", "-s 720x576 -c:v dvvideo -pix_fmt yuv420p"), (576, 720)) <= 3


def test_colours_that_cannot_be_converted_are_refused(tmp_path: Path) -> None:
    path = burn(tmp_path / "a.mp4", "-c:v libx264 -pix_fmt yuv420p -colorspace ycgco", frames=3)
    with pytest.raises(DataError, match=r"a\.mp4: its colours cannot be converted to RGB .*colour space 8") as error:
        VideoFrames(path).frame(0)
    assert "zscale=matrix=709" in error.value.hint
    ffmpeg("-i", path, "-vf zscale=matrix=709 -c:v libx264 -crf 17", tmp_path / "new.mp4")
    assert VideoFrames(tmp_path / "new.mp4").frame(0).shape == (96, 128, 3)
