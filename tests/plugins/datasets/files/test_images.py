"""Listing folders and following names that data give."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_files import write

from mdf.core.errors import DataError
from mdf.plugins.datasets.files.images import data_folder, entries, images, inside


def test_images_are_found_at_any_depth_in_the_order_people_count(tmp_path: Path) -> None:
    for name in ("frame10.png", "frame2.jpg", "room/a.BMP", "room/b.webp", ".hidden.png", "notes.txt"):
        if name.endswith((".txt", "hidden.png")):
            (tmp_path / name).write_text("x")
        else:
            write(tmp_path / name, [[0]])
    (tmp_path / "folder.png").mkdir()
    assert list(images(tmp_path)) == ["frame2", "frame10", "room/a", "room/b"]


def test_two_endings_of_one_name_are_not_mixed_up(tmp_path: Path) -> None:
    write(tmp_path / "a.png", [[0]])
    write(tmp_path / "a.bmp", [[0]])
    with pytest.raises(DataError, match="have one name"):
        images(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="file systems that take any bytes as a name")
def test_a_name_in_another_encoding_is_told_as_it_can_be_shown(tmp_path: Path) -> None:
    write(tmp_path / "whole.png", [[0]]).rename(tmp_path / os.fsdecode(b"caf\xe9.png"))
    with pytest.raises(DataError, match=r"the name 'caf\\udce9' is not UTF-8"):
        images(tmp_path)


@pytest.mark.parametrize(
    "name", ["../out.png", "/etc/passwd", "a/../../out.png", "..", "", "C:\\x.png", "a\0b", "..\\x"]
)
def test_no_name_from_data_leaves_its_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    write(tmp_path / "out.png", [[0]])
    with pytest.raises(DataError, match="line 3 of pairs names") as error:
        inside(tmp_path / "in", name, "line 3 of pairs")
    assert error.value.hint


@given(st.text(max_size=30))
def test_whatever_the_name_it_stays_inside_or_is_refused(name: str) -> None:
    folder = Path(__file__).parent
    try:
        path = inside(folder, name, "a test")
    except DataError:
        return
    assert path.resolve().is_relative_to(folder)


def test_a_name_that_is_there_is_followed(tmp_path: Path) -> None:
    path = write(tmp_path / "a" / "b.png", [[0]])
    assert inside(tmp_path, "a/b.png", "x") == path
    with pytest.raises(DataError, match="is missing"):
        inside(tmp_path, "a/c.png", "x")


@pytest.mark.parametrize("written", ["", "/nowhere/at/all", "a\0b"])
def test_a_folder_that_is_none_is_told(written: str) -> None:
    with pytest.raises(DataError, match="folder") as error:
        data_folder(written, "folder:PATH")
    assert "folder:PATH" in error.value.hint


def test_a_folder_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DataError, match=r"cannot be listed \(Permission denied\)") as error:
        entries(tmp_path)
    assert error.value.hint
