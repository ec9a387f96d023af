"""A wrapper delegates what it does not change; a subset has its own samples, splits, cache and identity."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from blobs import Blobs
from hypothesis import given
from hypothesis import strategies as st

from mdf.core.errors import DataError
from mdf.data.cache import cached
from mdf.data.wrappers import Subset, WithBackgroundInfo

KEPT = st.sets(st.integers(0, 15)).map(sorted)


@given(kept=KEPT)
def test_samples_keep_their_order_and_split(kept: list[int]) -> None:
    whole = Blobs((8, 4, 4))
    part = Subset(whole, kept)
    assert (len(part), part.tasks, part.units, part.cached) == (len(kept), whole.tasks, whole.units, whole.cached)
    for name in ("train", "val", "test"):
        assert [kept[i] for i in part.splits().of(name)] == [i for i in whole.splits().of(name) if i in kept]
    if kept:
        assert torch.equal(part.read(range(len(kept))).fg_bg, whole.read(kept).fg_bg)


@given(one=KEPT, other=KEPT)
def test_the_identity_is_that_of_what_is_kept(one: list[int], other: list[int]) -> None:
    whole = Blobs((8, 4, 4))
    assert (Subset(whole, one).fingerprint() == Subset(whole, other).fingerprint()) == (one == other)


class Few(Blobs):
    """Says that a few samples show all scenes."""

    def probe_indices(self) -> list[int]:
        return [0, 3, 8, 12]


class Broken(Blobs):
    """A file of it cannot be read that not every sample needs."""

    def probe_indices(self) -> list[int]:
        raise DataError("a cut-out is damaged", "restore it")


def test_the_probe_indices_are_those_of_the_whole_set_that_are_in_the_subset() -> None:
    kept = [0, 2, 8, 9, 12, 15]
    assert list(Subset(Few((8, 4, 4)), kept).probe_indices()) == [0, 2, 4]
    assert list(Subset(Blobs((8, 4, 4)), kept).probe_indices()) == list(range(6))
    assert list(Subset(Broken((8, 4, 4)), kept).probe_indices()) == list(range(6))
    assert list(WithBackgroundInfo(Few((8, 4, 4)), ()).probe_indices()) == [0, 3, 8, 12]


def test_it_is_cached_like_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MDF_CACHE", str(tmp_path))
    part = Subset(Blobs((8, 4, 4)), [0, 2, 9, 15])
    through = cached(part, "blobs")
    assert through is not part
    for name in ("train", "val", "test"):
        assert list(through.splits().of(name)) == list(part.splits().of(name))
    assert torch.equal(through.read([3, 0]).fg_bg, part.read([3, 0]).fg_bg)
