"""Of several tracks the recording is read, not a cover, a thumbnail or a preview."""

from __future__ import annotations

from pathlib import Path

import pytest
from burnt import FRAMES, burn, ffmpeg, needs_ffmpeg, number_in
from PIL import Image

from mdf.core.errors import DataError
from mdf.core.video.frames import VideoFrames

pytestmark = needs_ffmpeg


@pytest.fixture(scope="module", params=["mp4", "mkv"])
def recording(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tracks") / f"recording.{request.param}"
    return burn(path, "-c:v libx264 -preset veryfast -pix_fmt yuv420p -g 12 -bf 2")


def check(path: Path) -> VideoFrames:
    video = VideoFrames(path)
    assert [number_in(video.frame(number)) for number in (0, 7, 30)] == [0, 7, 30]
    assert len(video) == FRAMES
    return video


@pytest.mark.parametrize("mark", ["-disposition:v:0 attached_pic", ""], ids=["marked", "unmarked"])
def test_a_cover_that_comes_first_and_is_larger(recording: Path, tmp_path: Path, mark: str) -> None:
    cover, path = tmp_path / "cover.jpg", tmp_path / f"a{recording.suffix}"
    Image.new("RGB", (640, 480), (90, 90, 90)).save(cover)
    ffmpeg("-i", cover, "-i", recording, "-map 0 -map 1 -c copy", mark, path)
    assert check(path).twins == ()


@pytest.mark.parametrize(
    "track", ["-c:v:0 libx264 -filter:v:0 scale=64:48", "-c:v:0 mjpeg -filter:v:0 scale=320:240,fps=2"]
)
def test_a_preview_that_comes_first(recording: Path, tmp_path: Path, track: str) -> None:
    path = tmp_path / f"a{recording.suffix}"
    ffmpeg("-i", recording, "-i", recording, f"-map 0 -map 1 {track} -c:v:1 copy", path)
    assert check(path).track == 1


def test_a_recording_that_ends_before_its_preview(recording: Path, tmp_path: Path) -> None:
    path = tmp_path / f"a{recording.suffix}"
    preview = "-c:v:0 libx264 -filter:v:0 scale=64:48"
    ffmpeg("-i", recording, "-i", recording, f"-map 0 -map 1 {preview} -c:v:1 copy -frames:v:1 {FRAMES * 3 // 4}", path)
    assert VideoFrames(path).track == 1
    ffmpeg("-y -i", recording, "-i", recording, f"-map 0 -map 1 {preview} -c:v:1 copy -frames:v:1 {FRAMES // 4}", path)
    assert VideoFrames(path).track == 0, "a track of few frames is no recording beside a longer one"


@pytest.mark.parametrize("sound", ["-c:a aac", "-c:a pcm_s16le"])
def test_sound_that_comes_first(tmp_path: Path, sound: str) -> None:
    picture = burn(tmp_path / "recording.mkv", "-c:v libx264 -preset veryfast -pix_fmt yuv420p -g 12 -bf 2")
    ffmpeg("-f lavfi -i sine=d=2 -i", picture, "-map 0 -map 1", sound, "-c:v copy", tmp_path / "a.mkv")
    assert check(tmp_path / "a.mkv").track == 1


def test_a_depth_track_that_comes_first_and_is_larger(tmp_path: Path) -> None:
    colour = burn(tmp_path / "recording.mkv", "-c:v mjpeg -q:v 2 -pix_fmt yuvj420p")
    depth = "-map 0:v -map 0:v -filter:v:0 scale=640:576 -c:v:0 ffv1 -pix_fmt:v:0 gray16le -c:v:1 copy"
    ffmpeg("-i", colour, depth, tmp_path / "kinect.mkv")
    video = check(tmp_path / "kinect.mkv")
    assert (video.track, video.deep_grey) == (1, False)


def test_two_recordings_of_one_size_are_told(recording: Path, tmp_path: Path) -> None:
    path = tmp_path / f"a{recording.suffix}"
    ffmpeg("-i", recording, "-i", recording, "-map 0 -map 1 -c copy", path)
    video = check(path)
    assert (video.track, video.twins) == (0, (1,))


def test_a_cover_alone_is_no_recording(tmp_path: Path) -> None:
    Image.new("RGB", (64, 48)).save(tmp_path / "cover.jpg")
    sound = "-f lavfi -i sine=d=1 -map 1 -map 0 -c:a aac -c:v copy -disposition:v:0 attached_pic"
    ffmpeg("-i", tmp_path / "cover.jpg", sound, tmp_path / "song.mp4")
    with pytest.raises(DataError, match="a cover picture, but no recording"):
        VideoFrames(tmp_path / "song.mp4")
