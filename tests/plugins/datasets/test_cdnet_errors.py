"""CDnet folders with something wrong: one clear `DataError` each, with a cure, before training where it can be."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cdnet_folder import make_video
from PIL import Image

from mdf.core.errors import DataError
from mdf.plugins.datasets.cdnet.dataset import CDnet


def opened(path: Path | str, **options: object) -> CDnet:
    return CDnet(CDnet.Config(**options), str(path))


def remove_frames(video: Path) -> None:
    for frame in (video / "input").iterdir():
        frame.unlink()


def shrink(path: Path) -> None:
    Image.new("L", (4, 4)).save(path)


FAULTS: list[tuple[str, Callable[[Path], object]]] = [
    ("holds no frames", remove_frames),
    ("holds no video", lambda video: shutil.rmtree(video / "input")),
    (r"gt000009\.png has no frame", lambda video: (video / "input" / "in000009.png").unlink()),
    ("have one number", lambda video: shutil.copy(video / "input" / "in000009.png", video / "input" / "in9.png")),
    ("no ground truth to score", lambda video: (video / "temporalROI.txt").write_text("900 1000")),
    ("temporalROI", lambda video: (video / "temporalROI.txt").write_text("470")),
    ("temporalROI", lambda video: (video / "temporalROI.txt").write_text("30 10")),
    ("temporalROI", lambda video: (video / "temporalROI.txt").write_bytes(b"\xff\xfe\x00")),
    (r"ROI\.bmp is 4×4 pixels", lambda video: shrink(video / "ROI.bmp")),
    (r"gt000006\.png is 4×4 pixels", lambda video: shrink(video / "groundtruth" / "gt000006.png")),
    (r"in000001\.png cannot be read", lambda video: (video / "input" / "in000001.png").write_bytes(b"")),
]


@pytest.mark.parametrize(("message", "break_it"), FAULTS, ids=[message for message, _ in FAULTS])
def test_a_fault_in_the_folder_is_told_at_once(
    tmp_path: Path, message: str, break_it: Callable[[Path], object]
) -> None:
    break_it(make_video(tmp_path))
    with pytest.raises(DataError, match=message) as error:
        opened(tmp_path)
    assert error.value.hint


READ_FAULTS: list[tuple[str, Callable[[Path], object]]] = [
    (r"in000010\.png cannot be read", lambda video: (video / "input" / "in000010.png").write_bytes(b"\x89PNG")),
    (r"in000010\.png is 4×4 pixels", lambda video: shrink(video / "input" / "in000010.png")),
    (r"in000010\.png is missing", lambda video: (video / "input" / "in000010.png").unlink()),
    (r"gt000010\.png is 4×4 pixels", lambda video: shrink(video / "groundtruth" / "gt000010.png")),
    (
        r"gt000010\.png holds labels that CDnet does not define: \[7\]",
        lambda video: Image.new("L", (8, 6), 7).save(video / "groundtruth" / "gt000010.png"),
    ),
]


@pytest.mark.parametrize(("message", "break_it"), READ_FAULTS, ids=[message for message, _ in READ_FAULTS])
def test_a_fault_in_one_file_names_it_when_it_is_read(
    tmp_path: Path, message: str, break_it: Callable[[Path], object]
) -> None:
    video = make_video(tmp_path)
    data = opened(tmp_path)
    break_it(video)
    with pytest.raises(DataError, match=message) as error:
        data.read([4])
    assert error.value.hint


@pytest.mark.parametrize(
    ("variant", "message"), [("", "needs a folder"), ("/nowhere/at/all", "there is no folder /nowhere/at/all")]
)
def test_a_path_that_is_none(variant: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as error:
        opened(variant)
    assert error.value.hint


def test_a_filter_that_names_no_video_tells_the_closest(tmp_path: Path) -> None:
    make_video(tmp_path, "baseline/highway")
    with pytest.raises(DataError, match="no video is called 'higway'") as error:
        opened(tmp_path, videos=("higway",))
    assert "highway" in error.value.hint


def test_two_videos_of_one_name_are_not_mixed_up(tmp_path: Path) -> None:
    make_video(tmp_path / "2012")
    make_video(tmp_path / "2014")
    with pytest.raises(DataError, match="have one name"):
        opened(tmp_path)


def test_too_few_frames_for_the_gap_say_how_many_are_needed(tmp_path: Path) -> None:
    make_video(tmp_path, frames=range(1, 20), period=None)
    with pytest.raises(DataError, match=r"19 scored frame.* gap 10 needs 23") as error:
        opened(tmp_path)
    assert "gap" in error.value.hint


def test_one_video_cannot_be_split_by_scene(tmp_path: Path) -> None:
    make_video(tmp_path)
    with pytest.raises(DataError, match="cannot be split by scene"):
        opened(tmp_path, split="scene")


def test_a_background_image_is_checked_at_once(tmp_path: Path) -> None:
    make_video(tmp_path / "data")
    with pytest.raises(DataError, match=r"gone\.png is missing"):
        opened(tmp_path / "data", background=str(tmp_path / "gone.png"))
    shrink(tmp_path / "small.png")
    with pytest.raises(DataError, match=r"small\.png is 4×4 pixels"):
        opened(tmp_path / "data", background=str(tmp_path / "small.png"))


@pytest.mark.parametrize(("owner", "name"), [(os, "scandir"), (Path, "open")])
def test_what_may_not_be_read_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: object, name: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    make_video(tmp_path)
    data = opened(tmp_path)
    monkeypatch.setattr(owner, name, refuse)
    with pytest.raises(DataError, match="Permission denied") as error:
        opened(tmp_path) if name == "scandir" else data.fingerprint()
    assert error.value.hint
