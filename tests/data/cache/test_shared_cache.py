"""A cache that one machine has put into a shared place is copied by the others, which then decode nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from blobs import Blobs

from mdf.core.shared.place import VARIABLE
from mdf.data.cache import CachedDataset, cache_folder, cached


def filled(cache: Path, monkeypatch: pytest.MonkeyPatch, reads: list[int] | None = None) -> CachedDataset:
    """The cache of blobs on a machine whose own caches lie in `cache`."""
    monkeypatch.setenv("MDF_CACHE", str(cache))
    found = cached(Blobs(), "blobs", lambda done, _: reads.append(done) if reads is not None else None)
    assert isinstance(found, CachedDataset)
    return found


def test_one_machine_decodes_and_the_others_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "shared"))
    first, later = list[int](), list[int]()
    one = filled(tmp_path / "one", monkeypatch, first)
    other = filled(tmp_path / "other", monkeypatch, later)
    assert first
    assert not later
    assert one.folder != other.folder
    for mine, its in zip(sorted(one.folder.iterdir()), sorted(other.folder.iterdir()), strict=True):
        assert (mine.name, mine.read_bytes()) == (its.name, its.read_bytes())
    assert torch.equal(one.read([3]).bg, other.read([3]).bg)


def test_without_its_done_or_damaged_it_is_decoded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "shared"))
    filled(tmp_path / "one", monkeypatch)
    (array,) = (tmp_path / "shared").rglob("fg_bg.npy")
    array.write_bytes(b"damaged")
    reads = list[int]()
    filled(tmp_path / "other", monkeypatch, reads)
    assert reads
    assert not list((tmp_path / "other").glob("*.partial"))


def test_a_place_that_cannot_be_reached_is_told_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "/proc/nowhere")
    with pytest.warns(UserWarning, match="the shared place /proc/nowhere cannot be"):
        found = filled(tmp_path / "one", monkeypatch)
    assert cache_folder(Blobs(), "blobs") == found.folder
