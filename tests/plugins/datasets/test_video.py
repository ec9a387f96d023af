"""Videos: frames by number, backgrounds, and files that are none."""

from __future__ import annotations

import re
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from image_files import DATA, needs, noise, write

from mdf.core.errors import DataError, FrameError
from mdf.plugins.datasets.video import VideoFile

FRAMES, HEIGHT, WIDTH = 40, 48, 64
CLIP = "surveillance_clip/one-by-one-person-detection.mp4"


def opened(path: Path, **options: object) -> VideoFile:
    return VideoFile(VideoFile.Config(**options), str(path))


PIXELS = {"mjpeg": "yuvj420p", "png": "rgb24", "prores_ks": "yuv422p10le", "ffv1": "gray16le"}


def make_video(path: Path, frames: int = FRAMES, codec: str = "libx264", noisy: bool = False) -> Path:
    """Frame n is of grey level 4·n + 20, or noise about it; ten frames a second, some coded between others."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, PIXELS.get(codec, "yuv420p")
        if codec.startswith("lib"):
            stream.codec_context.gop_size = 12
        for number in range(frames):
            pixels = np.full((HEIGHT, WIDTH, 3), level(number), np.uint8)
            if noisy:
                pixels += noise(number, HEIGHT, WIDTH, 3) // 8 - 16
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path


def level(number: int) -> int:
    return 4 * number + 20


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("video") / "walk.mp4")


def test_every_frame_is_the_one_of_its_number(recording: Path) -> None:
    data = opened(recording)
    assert len(data) == FRAMES
    assert data.native_size(0) == (HEIGHT, WIDTH)
    for index in range(FRAMES):
        sample = data.sample(index)
        assert (sample.id, sample.scene) == (f"walk/{index:06d}", "walk")
        assert (sample.fg_bg.float() - level(index)).abs().max() <= 3
        assert (sample.targets, sample.valid) == ({}, {})


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, FRAMES - 1), min_size=1, max_size=6))
def test_any_order_gives_the_same_bytes(recording: Path, order: list[int]) -> None:
    data, straight = opened(recording, background=0), opened(recording, background=0)
    expected = straight.read(range(FRAMES)).fg_bg
    for index in order:
        assert torch.equal(data.sample(index).fg_bg, expected[index])


@pytest.mark.parametrize(("name", "codec"), [("v.mkv", "libx264"), ("v.avi", "mjpeg"), ("v.webm", "libvpx-vp9")])
def test_other_containers_are_read(tmp_path: Path, name: str, codec: str) -> None:
    if codec not in av.codecs_available:
        pytest.skip(f"PyAV was built without {codec}")
    path = make_video(tmp_path / name, 9, codec)
    data = opened(path)
    assert len(data) == 9
    assert [round(float(data.sample(i).fg_bg.float().mean())) for i in (8, 2)] == pytest.approx(
        [level(8), level(2)], abs=4
    )


def test_the_background_is_estimated_a_frame_or_an_image(recording: Path, tmp_path: Path) -> None:
    estimated = opened(recording).sample(0).bg.float()
    assert level(0) - 7 <= estimated.min() <= estimated.max() <= level(FRAMES - 1) + 7
    assert (opened(recording, background=30).sample(0).bg.float() - level(30)).abs().max() <= 3
    image = write(tmp_path / "empty.png", noise(0, HEIGHT, WIDTH, 3))
    given = opened(recording, background=str(image))
    assert np.array_equal(given.sample(0).bg.permute(1, 2, 0).numpy(), noise(0, HEIGHT, WIDTH, 3))
    assert len({opened(recording, background=b).fingerprint() for b in ("auto", 30, str(image))}) == 3


def test_fps_and_frames_thin_it_out(recording: Path) -> None:
    ids = [opened(recording, fps=2.5).sample(i).id for i in range(3)]
    assert ids == ["walk/000000", "walk/000004", "walk/000008"]
    assert len(opened(recording, fps=2.5)) == 10
    assert len(opened(recording, fps=1000)) == FRAMES
    assert len(opened(recording, frames=7)) == 7


def test_there_is_nothing_to_train_on(recording: Path) -> None:
    data = opened(recording)
    assert (data.tasks, data.units, data.cached) == ((), {}, False)
    with pytest.raises(DataError, match="nothing to train on") as error:
        data.splits()
    assert "predict" in error.value.hint


def test_what_is_no_video_is_named(tmp_path: Path, recording: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    write(tmp_path / "still.png", noise(0, 4, 4))
    with av.open(str(tmp_path / "sound.mkv"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
    (tmp_path / "list.m3u8").write_text(f"#EXTM3U\n#EXTINF:4,\n{recording}\n#EXT-X-ENDLIST\n")
    (tmp_path / "list.mp4").write_text(f"ffconcat version 1.0\nfile '{recording}'\n")
    for name in ("", "gone.mp4", "text.mp4", "still.png", "sound.mkv", "list.m3u8", "list.mp4"):
        with pytest.raises(DataError) as error:
            opened(tmp_path / name) if name else VideoFile(VideoFile.Config(), "")
        assert (name or "video needs a file") in error.value.message
        assert error.value.hint


def test_a_video_cut_short_names_the_frame(tmp_path: Path) -> None:
    path = make_video(tmp_path / "cut.mp4")
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(DataError, match=r"cut\.mp4 cannot be opened"):
        opened(path)


def test_a_recording_that_was_broken_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = make_video(tmp_path / "broken.mkv", noisy=True)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    data = opened(path, background=0)
    assert FRAMES // 3 < len(data) < FRAMES
    assert abs(float(data.sample(10).fg_bg.float().mean()) - level(10)) < 8


def test_damage_inside_names_the_frame(tmp_path: Path) -> None:
    path = make_video(tmp_path / "damaged.avi", codec="png", noisy=True)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = bytes(3000)
    path.write_bytes(content)
    data = opened(path, background=0)
    errors = list(filter(None, (error_of(data, index) for index in range(len(data)))))
    assert 0 < len(errors) < 5
    for error in errors:
        assert re.search(r"damaged\.avi is damaged: frame \d+ of \d+ cannot be decoded", error.message)
        assert error.hint


def test_damage_hides_no_frame_but_its_own(tmp_path: Path) -> None:
    path = make_video(tmp_path / "damaged.avi", codec="png", noisy=True)
    whole = [opened(path, background=0).sample(index).fg_bg for index in range(FRAMES)]
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 800] = bytes(800)
    path.write_bytes(content)
    data = opened(path)
    broken = [index for index in range(FRAMES) if error_of(data, index)]
    assert 1 <= len(broken) <= 3
    assert all(torch.equal(data.sample(i).fg_bg, whole[i]) for i in range(FRAMES) if i not in broken)


def test_a_damaged_frame_names_the_option_that_stops_before_it(tmp_path: Path) -> None:
    path = make_video(tmp_path / "damaged.avi", codec="png", noisy=True)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 800] = bytes(800)
    path.write_bytes(content)
    data = opened(path, background=0)
    error = next(filter(None, (error_of(data, index) for index in range(len(data)))))
    assert isinstance(error, FrameError)
    assert f"`frames` = {error.number} stops before it" in error.hint
    assert len(opened(path, frames=error.number).read(range(error.number))) == error.number


def broken_at(path: Path, numbers: list[int]) -> Path:
    """The video, some of its frames overwritten."""
    with av.open(str(path)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    content = bytearray(path.read_bytes())
    for number in numbers:
        start, size = places[number]
        content[start : start + size] = bytes(size)
    path.write_bytes(content)
    return path


def test_frames_that_fail_are_left_out_of_the_background_and_told(tmp_path: Path) -> None:
    path = broken_at(make_video(tmp_path / "damaged.mov", codec="prores_ks", noisy=True), [5, 13, 39])
    data = opened(path, background_frames=40, frames=1)
    (warning,) = [warning for warning in data.warnings() if "left out" in warning]
    assert "3 of the 40 frames" in warning
    assert "frame 5" in warning
    assert level(0) - 8 <= float(data._background.float().mean()) <= level(39) + 8


def test_a_background_of_too_few_frames_is_refused(tmp_path: Path) -> None:
    path = broken_at(make_video(tmp_path / "damaged.mov", codec="prores_ks", noisy=True), list(range(1, 26)))
    with pytest.raises(DataError, match="only 15 of 40 frames for the background") as error:
        opened(path, background_frames=40).sample(0)
    assert "an image of the empty scene" in error.value.hint
    assert opened(path, background=0).sample(30).fg_bg.shape == (3, HEIGHT, WIDTH)


def test_each_sample_says_when_it_is_shown(recording: Path) -> None:
    data = opened(recording)
    assert [float(time * data.time_base) for time in data.shown(12)] == pytest.approx([1.2, 0.1])
    assert [float(time * data.time_base) for time in data.shown(FRAMES - 1)] == pytest.approx([3.9, 0.1])
    thinned = opened(recording, fps=2.5)
    assert [float(time * thinned.time_base) for time in thinned.shown(1)] == pytest.approx([0.4, 0.4])
    last = len(thinned) - 2
    assert [float(time * thinned.time_base) for time in thinned.shown(last)] == pytest.approx([0.4 * last, 0.4])
    assert data.rate == 10


def test_what_it_is_read_as_is_told(recording: Path) -> None:
    told = opened(recording, background=3).read_as()
    assert told["video"].startswith("track 0 (h264), colours by BT.601")
    assert told["background"] == "frame 3"
    assert opened(recording).read_as()["background"] == "usual colours of 25 frames"


def test_levels_of_a_thermal_video_that_are_lost_are_told(tmp_path: Path) -> None:
    data = opened(make_video(tmp_path / "thermal.mkv", codec="ffv1"), background=0)
    (warning,) = data.warnings()
    assert "grey levels of more than 8 bits, of which the upper 8 are read" in warning
    assert "the upper 8 bits of grey levels" in data.read_as()["video"]
    assert int(data.sample(5).fg_bg[0, 0, 0]) == pytest.approx(level(5), abs=1)


def test_two_recordings_in_one_file_are_told(tmp_path: Path) -> None:
    path = tmp_path / "front-and-rear.mkv"
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("mpeg4", rate=10) for _ in range(2)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(5):
            for stream, grey in zip(streams, (level(number), 200), strict=True):
                frame = av.VideoFrame.from_ndarray(np.full((HEIGHT, WIDTH, 3), grey, np.uint8), format="rgb24")
                container.mux(stream.encode(frame))
        for stream in streams:
            container.mux(stream.encode())
    data = opened(path, background=0)
    (warning,) = data.warnings()
    assert "track 0 is read, not 1" in warning
    assert float(data.sample(4).fg_bg.float().mean()) == pytest.approx(level(4), abs=4)


def test_a_phones_video_is_upright(tmp_path: Path) -> None:
    path = tmp_path / "phone.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.set_display_rotation(90)
        pixels = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
        pixels[:, WIDTH // 2 :] = 220
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    data = opened(path, background=0)
    assert data.native_size(0) == (WIDTH, HEIGHT)
    sample = data.sample(1)
    assert sample.fg_bg.shape == (3, WIDTH, HEIGHT)
    assert sample.fg_bg[:, : WIDTH // 2 - 2].float().mean() > 200  # what was on the right is on top


def error_of(data: VideoFile, index: int) -> DataError | None:
    try:
        data.sample(index)
    except DataError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("background", "message"), [(40, "no frame 40"), (-1, "no frame -1"), ("gone.png", "is missing")]
)
def test_a_background_that_is_not_there_is_told_at_once(recording: Path, background: int | str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        opened(recording, background=background)


def test_a_background_of_another_size_is_told_at_once(recording: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"small\.png is 3×2 pixels, the video 64×48"):
        opened(recording, background=str(write(tmp_path / "small.png", noise(0, 2, 3, 3))))


@needs(CLIP)
def test_a_real_clip_shows_people_before_an_empty_room() -> None:
    data = opened(DATA / CLIP, background=28, fps=1)
    assert 100 < len(data) < 160
    full = opened(DATA / CLIP, background=28)
    assert (len(full), full.native_size(0)) == (1394, (432, 768))
    moved = [(s.fg_bg.float() - s.bg.float()).abs().amax(0).gt(40).float().mean() for s in map(full.sample, (224, 100))]
    assert moved[0] < 0.01  # empty again
    assert moved[1] > 0.03  # somebody is there
