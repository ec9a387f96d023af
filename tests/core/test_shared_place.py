"""A shared place: groups are whole or not there, nothing is locked, and a file that has changed is never taken."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

import pytest

from mdf.core.errors import ConfigError, MdfError
from mdf.core.shared.place import DONE, SharedPlace
from mdf.core.shared.pointer import fetched, is_somewhere, point_to, pointer_of


@pytest.fixture(params=["folder", "object store"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> SharedPlace:
    """A folder, and what fsspec itself offers without a network, which has no folders and no renaming."""
    return SharedPlace(str(tmp_path / "shared") if request.param == "folder" else f"memory://{uuid4().hex}")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "weights"
    path.write_bytes(bytes(range(256)) * 50)
    return path


def test_a_group_is_there_once_its_done_is(place: SharedPlace, file: Path, tmp_path: Path) -> None:
    assert not place.fetch("a/b", tmp_path / "copy")
    place.put("a/b", {"one": file, "two": file})
    assert place.has("a/b")
    assert place.fetch("a/b", tmp_path / "copy")
    assert {p.name: p.read_bytes() for p in (tmp_path / "copy").iterdir()} == dict.fromkeys(
        ("one", "two"), file.read_bytes()
    )
    place.put("a/b", {"one": file, "two": file})  # two machines that fill a cache at once
    assert place.fetch("a/b", tmp_path / "copy")
    place.remove("a/b")
    assert not place.has("a/b")


def test_without_done_or_with_other_bytes_it_is_not_there(tmp_path: Path, file: Path) -> None:
    place = SharedPlace(str(tmp_path / "shared"))
    place.put("group", {"one": file})
    (tmp_path / "shared" / "group" / "one").write_bytes(b"short")
    assert not place.fetch("group", tmp_path / "copy")
    (tmp_path / "shared" / "group" / DONE).unlink()
    assert not place.has("group")


def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, file: Path) -> None:
    place = SharedPlace(str(tmp_path / "shared"))
    place.put("group", {"one": file})
    done = tmp_path / "shared" / "group" / DONE
    done.write_text(json.dumps({"../outside": json.loads(done.read_text())["one"]}))
    assert not place.fetch("group", tmp_path / "copy")
    assert not (tmp_path / "outside").exists()


def test_a_file_that_is_pointed_at_is_fetched_once(place: SharedPlace, file: Path, tmp_path: Path) -> None:
    there = place.put("trial", {"weights": file})["weights"]
    path = tmp_path / "run" / "weights.safetensors"
    assert not is_somewhere(path)
    assert fetched(path) == path
    point_to(there, path)
    assert is_somewhere(path)
    assert not path.exists()
    assert fetched(path).read_bytes() == file.read_bytes()
    assert not pointer_of(path).exists()
    place.remove("trial")
    assert fetched(path).is_file()


def test_what_cannot_be_fetched_is_a_clear_error(place: SharedPlace, file: Path, tmp_path: Path) -> None:
    there = place.put("trial", {"weights": file})["weights"]
    point_to(there, tmp_path / "run")
    place.remove("trial")
    with pytest.raises(MdfError, match=f"run lies at {there.address}, and cannot be read: FileNotFoundError"):
        fetched(tmp_path / "run")


def test_a_machine_that_sees_another_place_is_told(tmp_path: Path) -> None:
    """A folder of the same name on another disk."""
    mark = SharedPlace(str(tmp_path / "here")).leave_mark()
    SharedPlace(str(tmp_path / "here")).check_mark(mark)
    with pytest.raises(MdfError, match="it sees another place under"):
        SharedPlace(str(tmp_path / "there")).check_mark(mark)


@pytest.mark.parametrize(
    ("address", "why"), [("data/shared", "is no absolute path"), ("ftp://me:secret@host/x", "holds a password")]
)
def test_an_address_that_cannot_be_used_is_refused(address: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why) as caught:
        SharedPlace(address).check_address()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("address", ["s9://bucket/x", "/proc/shared"])
def test_a_place_that_cannot_be_reached_is_one_line(address: str, file: Path) -> None:
    with pytest.raises(MdfError) as caught:
        SharedPlace(address).put("a", {"b": file})
    assert address in caught.value.message
    assert "\n" not in caught.value.message
