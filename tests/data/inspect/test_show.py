"""The picture of a data set shows what can be read of it, and says what cannot."""

from __future__ import annotations

from pathlib import Path

import pytest
from faulty_set import cut_short, make_folder
from PIL import Image

from mdf.core.config import Component
from mdf.core.errors import DataError
from mdf.core.progress import Progress, Warned
from mdf.data.inspect.show import show


def draw(root: Path, count: int, out: Path) -> tuple[list[str], list[str]]:
    """The samples that are shown, and the warnings."""
    events: list[Progress] = []
    shown = show(events.append, Component(name=f"folder:{root}"), [], count, out / "sheet.png")
    with Image.open(out / "sheet.png") as sheet:
        assert sheet.height == shown.size[0] * len(shown.samples)
    return [sample.id for sample in shown.samples], [event.message for event in events if isinstance(event, Warned)]


def test_files_that_cannot_be_read_are_skipped_and_counted(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "data")
    (root / "fg_bg" / "room0_000.jpg").write_bytes(b"")  # no header: not even its size is known
    (root / "mask" / "room1_000.png").unlink()
    cut_short(root / "fg_bg" / "room2_000.jpg")
    ids, warnings = draw(root, 20, tmp_path)
    assert len(ids) == 17
    assert not {"room0_000", "room1_000", "room2_000"} & set(ids)
    (warning,) = warnings
    assert "3 samples" in warning
    assert "room0_000.jpg" in warning


def test_nothing_is_said_of_a_sound_set(tmp_path: Path) -> None:
    ids, warnings = draw(make_folder(tmp_path / "data"), 4, tmp_path)
    assert (ids, warnings) == (["room0_000", "room1_001", "room2_002", "room3_003"], [])


def test_where_none_can_be_read_the_first_is_the_error(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "data", rooms=1, frames=3)
    for path in (root / "fg_bg").iterdir():
        cut_short(path)
    with pytest.raises(DataError, match=r"room0_000\.jpg"):
        draw(root, 2, tmp_path)
