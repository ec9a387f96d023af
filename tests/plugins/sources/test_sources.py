"""The built-in sources of files: order, times, and what is wrong with an address."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mdf.core.errors import ConfigError, DataError, MdfError
from mdf.inference.live.settings.resolve import component_for
from mdf.plugins.sources.images import Images
from mdf.registry import Catalog

CATALOG = Catalog.discover()


def images(folder: Path, names: list[str]) -> Path:
    for level, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 3), (level, 0, 0)).save(folder / name)
    return folder


def levels(address: str, **options: object) -> list[int]:
    source = Images(Images.Config(**options), address)
    return [int(frame.pixels()[0, 0, 0]) for frame in source.frames()]


def test_images_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    folder = images(tmp_path, ["frame_10.png", "frame_2.png", "frame_1.png", ".hidden.png"])
    (folder / "notes.txt").write_text("")
    assert levels(str(folder)) == [2, 1, 0]
    assert levels(f"{folder}/frame_1*.png") == [2, 0]
    times = [frame.seconds for frame in Images(Images.Config(fps=4), str(folder)).frames()]
    assert times == [0, 0.25, 0.5]
    with pytest.raises(DataError, match="there are no images"):
        levels(f"{folder}/*.jpg")


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("street.mp4", "file"),
        ("rtsp://camera/a", "stream"),
        ("RTSPS://camera/a", "stream"),
        ("https://camera/a.m3u8", "stream"),
        ("0", "device"),
        ("12", "device"),
        ("/dev/video2", "device"),
        ("-", "stdin"),
        ("frames/", "images"),
        ("night/*.png", "images"),
        ("file:/dev/video2", "file"),
    ],
)
def test_an_address_finds_its_source(address: str, name: str) -> None:
    assert component_for("source", address, CATALOG) in (f"{name}:{address}", address)
    assert component_for("source", address, CATALOG).startswith(f"{name}:")


def test_a_folder_is_one_with_or_without_a_slash(tmp_path: Path) -> None:
    assert component_for("source", str(tmp_path), CATALOG) == f"images:{tmp_path}"
    assert component_for("sink", str(tmp_path), CATALOG) == f"maps:{tmp_path}"
    assert component_for("sink", "a/b.MP4", CATALOG) == "video:a/b.MP4"


def test_an_unknown_scheme_is_no_file() -> None:
    with pytest.raises(ConfigError, match="no source takes `rtps://camera/a`") as caught:
        component_for("source", "rtps://admin:secret@camera/a", CATALOG)
    assert "rtsp://*" in caught.value.hint
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("device", "why"),
    [
        ("987", "/dev/video987 cannot be opened: there is no such device"),
        ("/dev/null", "/dev/null cannot be opened: it is no camera"),
        (__file__, "it is no camera"),
    ],
)
def test_a_device_that_is_no_camera_is_one_line(device: str, why: str) -> None:
    pytest.importorskip("av", reason="cameras need the extra `video`")
    with pytest.raises(DataError, match=why) as caught:
        next(iter(CATALOG.create("source", f"device:{device}", {}).frames()))
    assert "\n" not in caught.value.message
    assert "the group `video`" in caught.value.hint


@pytest.mark.parametrize("number", [errno.ENODEV, errno.ENXIO, errno.ENOENT, errno.EACCES])
def test_an_address_is_told_apart_from_a_device(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    av = pytest.importorskip("av", reason="cameras need the extra `video`")

    def fails(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(av, "open", fails)
    told = []
    for address in ("stream:rtsp://127.0.0.1/a", "device:7"):
        with pytest.raises(MdfError) as caught:
            next(iter(CATALOG.create("source", address, {}).frames()))
        told.append(caught.value.message)
    of_stream, of_device = told
    assert of_stream.startswith("rtsp://127.0.0.1/a cannot be opened: ")
    assert of_stream.endswith(("at this address", "access to it was refused"))
    assert of_device.startswith("/dev/video7 cannot be opened: ")
    assert of_device.endswith(("there is no camera at it", "there is no such device", "this user may not read it"))


def test_every_frame_of_a_file_as_predict_reads_it(tmp_path: Path) -> None:
    av = pytest.importorskip("av", reason="videos need the extra `video`")
    from mdf.core.video.frames import VideoFrames

    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 16, "yuv420p"
        for level in range(12):
            pixels = np.full((16, 32, 3), 20 * level, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    source = CATALOG.create("source", f"file:{path}", {})
    read = [(frame.pixels(), frame.seconds) for frame in source.frames()]
    video = VideoFrames(path)
    assert len(read) == len(video) == 12
    assert all(np.array_equal(pixels, video.frame(n)) for n, (pixels, _) in enumerate(read))
    assert [seconds for _, seconds in read] == pytest.approx([n / 10 for n in range(12)])
