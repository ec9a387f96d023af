"""Frame N is the N-th that ffmpeg decodes: a few files of each kind of trouble."""

from __future__ import annotations

from pathlib import Path

import pytest
from burnt import FRAMES, burn, check_frames, cut, glued, joined, needs_ffmpeg, number_in, seen_by_ffmpeg

from mdf.core.errors import FrameError
from mdf.core.video import frames, index
from mdf.core.video.frames import VideoFrames

pytestmark = needs_ffmpeg
X264 = "-c:v libx264 -preset veryfast -pix_fmt yuv420p -g 12"


@pytest.fixture(params=["short", "long"])
def length(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Videos are numbered by decoding all of them, or as long ones are."""
    if request.param == "long":
        monkeypatch.setattr(index, "SHORT", 0)
    return str(request.param)


@pytest.mark.usefixtures("length")
@pytest.mark.parametrize(
    ("name", "coding"),
    [
        ("b-frames.mp4", f"{X264} -bf 2"),
        ("b-frames.avi", f"{X264} -bf 2"),
        ("b-frames.ts", f"{X264} -bf 2"),
        ("b-frames.h264", f"{X264} -bf 2"),
        ("open.mkv", f"{X264} -bf 3 -x264-params open-gop=1:b-pyramid=normal:scenecut=0"),
        ("renewed-in-parts.mp4", f"{X264} -bf 0 -x264-params intra-refresh=1"),
        ("one-group.mpg", "-c:v mpeg2video -q:v 3 -g 250 -bf 2 -sc_threshold 1000000000"),
        ("motion.avi", "-c:v mjpeg -q:v 2 -pix_fmt yuvj420p"),
        ("hidden-frames.webm", "-c:v libvpx -g 12 -auto-alt-ref 1 -lag-in-frames 16 -deadline realtime -cpu-used 8"),
    ],
)
def test_a_recording_of_one_piece(tmp_path: Path, name: str, coding: str) -> None:
    path = burn(tmp_path / name, coding)
    seen = seen_by_ffmpeg(path)
    assert [number_in(pixels) for pixels in seen] == list(range(FRAMES))
    check_frames(path, seen)


@pytest.mark.usefixtures("length")
@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts", "avi"])
def test_a_recording_that_was_cut_and_joined(tmp_path: Path, ending: str) -> None:
    path = burn(tmp_path / f"day.{ending}", f"{X264} -bf 2")
    shorter = cut(path)
    check_frames(shorter, seen_by_ffmpeg(shorter))
    both = joined(shorter, path)
    check_frames(both, seen_by_ffmpeg(both))


@pytest.mark.usefixtures("length")
@pytest.mark.parametrize(("ending", "codec"), [("ts", X264), ("mpg", "-c:v mpeg2video -q:v 3 -g 12 -bf 2")])
def test_recordings_glued_together(tmp_path: Path, ending: str, codec: str) -> None:
    """The clock starts again in the middle."""
    path = glued(burn(tmp_path / f"a.{ending}", codec), burn(tmp_path / f"b.{ending}", codec, first=FRAMES))
    check_frames(path, seen_by_ffmpeg(path))
    video = VideoFrames(path)
    assert len(video) == 2 * FRAMES
    assert float(video.rate) == pytest.approx(25, rel=0.01)


def test_a_broken_place_that_was_not_looked_at_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where frames do not come as the packets say, none from there on is taken for another."""
    path = burn(tmp_path / "a.flv", f"{X264} -x264-params open-gop=1:bframes=3:b-pyramid=normal:scenecut=0", frames=60)
    pieces = joined(cut(path, 0.7), path, cut(path, 0.7))
    counted = VideoFrames(pieces)
    good = [number_in(counted.frame(number)) for number in range(len(counted))]
    monkeypatch.setattr(index, "SHORT", 0)
    monkeypatch.setattr(index, "_is_right", lambda _: True)
    video, numbers = VideoFrames(pieces), list[int]()
    with pytest.raises(FrameError, match=r"cannot be counted from frame \d+ on") as error:
        numbers.extend(number_in(video.frame(number)) for number in range(len(video)))
    assert numbers == good[: error.value.number]
    assert 0 < error.value.number < len(good)
    with pytest.raises(FrameError, match="cannot be counted"):
        video.frame(len(video) - 1)
    assert number_in(video.frame(2)) == good[2]


def test_random_frames_of_a_long_recording_do_not_decode_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "AHEAD", 0)
    video = VideoFrames(burn(tmp_path / "long.mp4", f"{X264} -bf 2", frames=240))
    decoded: list[int] = []
    original = video._decoding._decoded

    def counted(numbered: object) -> object:
        for number, frame in original(numbered):  # type: ignore[arg-type]
            decoded.append(number)
            yield number, frame

    monkeypatch.setattr(video._decoding, "_decoded", counted)
    assert [number_in(video.frame(number)) for number in (230, 12, 119, 60)] == [230, 12, 119, 60]
    assert len(decoded) < 4 * 24
