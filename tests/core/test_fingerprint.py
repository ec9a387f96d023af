"""The hash of what samples depend on."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdf.core.errors import DataError
from mdf.core.fingerprint import fingerprint


def test_every_part_counts_and_the_place_does_not(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12")
    (tmp_path / "b").write_bytes(b"12")
    first = fingerprint("set 1", "x", [("name", tmp_path / "a")])
    assert fingerprint("set 1", "x", [("name", tmp_path / "b")]) == first
    others = {
        fingerprint("set 2", "x", [("name", tmp_path / "a")]),
        fingerprint("set 1", "y", [("name", tmp_path / "a")]),
        fingerprint("set 1", "x", [("other", tmp_path / "a")]),
        fingerprint("set 1", "x", []),
    }
    (tmp_path / "a").write_bytes(b"13")
    others.add(fingerprint("set 1", "x", [("name", tmp_path / "a")]))
    assert len(others | {first}) == 6


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="gone cannot be read") as error:
        fingerprint("", "", [("gone", tmp_path / "gone")])
    assert error.value.hint
    with pytest.raises(DataError, match="cannot be read"):
        fingerprint("", "", [("folder", tmp_path)])
