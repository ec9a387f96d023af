"""What is known of empty scenes: read when it is asked for, from the source, and part of no truth."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from blobs import Blobs
from small_models import tasks_of
from torch import Tensor

from mdf.core.sample import Batch
from mdf.data.cache import cached
from mdf.data.mixture import Mixture
from mdf.data.wrappers import Subset, WithBackgroundInfo
from mdf.engine.loader import read
from mdf.engine.prepare.resize import resize

DEPTH = "background_depth"


class Measured(Blobs):
    """Blobs whose empty scenes are known: sample i is 8 + i metres deep, but for its first pixel."""

    knows = (DEPTH, "wind")

    def known(self, indices: Sequence[int]) -> dict[str, Tensor]:
        found = torch.stack([torch.full((1, self.size, self.size), 8.0 + i) for i in indices])
        found[..., 0, 0] = torch.nan
        return {DEPTH: found, "wind": torch.zeros_like(found)}


def metres(known: dict[str, Tensor]) -> list[float]:
    return known[DEPTH][:, 0, -1, -1].tolist()


def test_it_is_in_no_batch_unless_it_is_asked_for() -> None:
    data = Measured()
    assert data.read([0, 3]).known == {}
    batch = WithBackgroundInfo(data, [DEPTH]).read([3, 0])
    assert set(batch.known) == {DEPTH}
    assert metres(dict(batch.known)) == [11, 8]
    assert torch.equal(batch.fg_bg, data.read([3, 0]).fg_bg)


def test_it_survives_whatever_is_done_to_a_batch() -> None:
    batch = WithBackgroundInfo(Measured(), [DEPTH]).read(range(4))
    pairs = [Batch.stack(batch.split()[:2]), batch.select([2, 3])]
    again = Batch.concatenate(pairs).without_truth().to("cpu")
    assert torch.equal(again.known[DEPTH].nan_to_num(), batch.known[DEPTH].nan_to_num())
    assert (again.targets, again.valid) == ({}, {})


def test_it_stays_native_where_images_are_resized_and_is_resized_where_sizes_are_mixed() -> None:
    data = WithBackgroundInfo(Measured(), [DEPTH])
    assert resize(data.read([0]), (8, 12), tasks_of("mask")).known[DEPTH].shape[-2:] == (16, 16)
    small = read(data, [2, 2], (8, 12), tasks_of("mask")).known[DEPTH]
    assert small.shape == (2, 1, 8, 12)
    assert set(small[~small.isnan()].tolist()) == {10.0}


def test_a_subset_and_a_mixture_ask_whose_samples_they_are() -> None:
    assert metres(Subset(Measured(), [1, 5]).known([1, 0])) == [13, 9]
    assert Mixture(Blobs((2, 1, 1)), [Measured((2, 1, 1))]).knows == Measured.knows
    mixed = Mixture(Measured((2, 1, 1)), [Blobs((3, 1, 1)), Measured((2, 1, 1))])
    assert mixed.knows == Measured.knows
    known = mixed.known([9, 5, 1])
    assert metres(known)[::2] == [8, 9]
    assert known[DEPTH][1].isnan().all()


def test_a_cache_stores_what_its_source_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MDF_CACHE", str(tmp_path))
    plain, knowing = cached(Blobs(), "plain"), cached(Measured(), "knowing")
    assert plain.knows == ()
    assert plain.known([0]) == {}
    stored = sorted(len(list(folder.glob("known-*.npy"))) for folder in tmp_path.glob("*-*") if folder.is_dir())
    assert stored == [0, len(Measured.knows)]
    for through in (knowing, pickle.loads(pickle.dumps(knowing))):
        assert through.knows == Measured.knows
        assert metres(through.known([4, 2])) == [12, 10]
