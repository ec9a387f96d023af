"""Written videos: each frame at its own time, as long as the source, in the colours that were given."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from mdf.core.image import Pixels
from mdf.core.video import writer
from mdf.core.video.frames import VideoFrames
from mdf.core.video.writer import writing

HEIGHT, WIDTH = 48, 64


def shade(number: int) -> Pixels:
    """Smooth colours: chroma at half the size keeps them."""
    x, y = np.meshgrid(np.linspace(0, 200, WIDTH), np.linspace(0, 200, HEIGHT))
    return np.stack([x + number, y, np.full_like(x, 40 + 10 * number)], axis=-1).astype(np.uint8)


@pytest.fixture(params=["libx264", "mpeg4"], autouse=True)
def encoder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param not in av.codecs_available:
        pytest.skip(f"this PyAV has no {request.param}")
    monkeypatch.setattr(writer, "ENCODERS", {request.param: writer.ENCODERS[request.param]})
    return str(request.param)


def written(path: Path, times: list[int], last: int, unit: Fraction) -> tuple[list[float], float]:
    """Seconds at which the frames of a written video are shown, and its length."""
    durations = [*np.diff(times), last]
    with writing(path, (HEIGHT, WIDTH), unit, path.parent) as film:
        for number, (time, duration) in enumerate(zip(times, durations, strict=True)):
            film.add(shade(number), time, int(duration))
    with av.open(str(path)) as container:
        seconds = [float(frame.pts * frame.time_base) for frame in container.decode(video=0)]
        return seconds, container.duration / av.time_base


@pytest.mark.parametrize(
    ("times", "last", "unit"),
    [
        ([0, 1, 2, 3], 1, Fraction(1001, 30000)),
        ([0, 33, 66, 500, 900, 5000], 2000, Fraction(1, 1000)),
        ([0, 20000, 60000, 61000], 20000, Fraction(1, 200000)),
        ([0, 3600, 7200, 360000], 3600, Fraction(1, 90000)),
        ([0], 1, Fraction(1, 25)),
        ([0, 1, 86_400_000], 40, Fraction(1, 1000)),
    ],
    ids=["even", "uneven", "fine clock", "transport stream", "single", "a day"],
)
def test_each_frame_has_its_own_time(tmp_path: Path, times: list[int], last: int, unit: Fraction) -> None:
    seconds, length = written(tmp_path / "a.mp4", times, last, unit)
    assert seconds == pytest.approx([float(time * unit) for time in times], abs=2e-5)
    assert length == pytest.approx(float((times[-1] + last) * unit), abs=1e-3)


def test_colours_are_those_that_were_given(tmp_path: Path) -> None:
    written(tmp_path / "a.mp4", [0, 1, 2], 1, Fraction(1, 10))
    video = VideoFrames(tmp_path / "a.mp4")
    assert "BT.709" in video.read_as
    for number in range(3):
        assert np.abs(video.frame(number).astype(int) - shade(number)).mean() < 3


def test_times_finer_than_the_clock_stay_apart(tmp_path: Path) -> None:
    seconds, _ = written(tmp_path / "a.mp4", [0, 1, 2, 3], 1, Fraction(1, 1_000_000))
    assert len(seconds) == 4
    assert (np.diff(seconds) > 0).all()
