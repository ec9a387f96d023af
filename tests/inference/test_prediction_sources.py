"""What `mdf predict` is given: files, folders of images; streams are told apart."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mdf.core.errors import ConfigError
from mdf.inference.sources import files_of


def test_files_are_taken_as_they_are(tmp_path: Path) -> None:
    assert files_of(["a.jpg", tmp_path / "b.mp4"]) == (Path("a.jpg"), tmp_path / "b.mp4")
    assert files_of(["~/a.png"]) == (Path.home() / "a.png",)
    assert files_of([]) == ()


def test_a_folder_stands_for_the_images_in_it(tmp_path: Path) -> None:
    for name in ("frame10.jpg", "frame2.PNG", "frame1.jpg", "notes.txt", ".hidden.jpg", "clip.mp4"):
        (tmp_path / name).touch()
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "x.jpg").touch()
    names = [path.name for path in files_of([tmp_path])]
    assert names == ["frame1.jpg", "frame2.PNG", "frame10.jpg"]
    assert files_of([tmp_path / "more", "y.jpg"]) == (tmp_path / "more" / "x.jpg", Path("y.jpg"))


def test_a_folder_without_images_is_told(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").touch()
    with pytest.raises(ConfigError, match=r"holds no images \(\.jpg") as error:
        files_of([tmp_path])
    assert "one video" in error.value.hint


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("rtsp://me:secret@10.0.0.7:554/live?key=hidden", "rtsp://10.0.0.7:554 is a stream"),
        ("http://camera.local/video.mjpg", "http://camera.local is a stream"),
        ("HTTPS://camera.local", "HTTPS://camera.local is a stream"),
        ("srt://camera.local:9000", "srt://camera.local:9000 is a stream"),
    ],
)
def test_a_stream_is_what_watch_will_read(given: str, told: str) -> None:
    with pytest.raises(ConfigError) as error:
        files_of([given])
    assert told in error.value.message
    assert "mdf watch" in error.value.hint
    assert not {"secret", "hidden"} & set(str(error.value).replace("=", " ").replace(":", " ").split())


@pytest.mark.skipif(os.name == "nt", reason="there are no devices as files")
def test_a_camera_is_a_stream() -> None:
    with pytest.raises(ConfigError, match="/dev/null is a stream"):
        files_of(["/dev/null"])
