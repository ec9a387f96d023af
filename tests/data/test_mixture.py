"""A mixture trains on all its sets and is evaluated on the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from blobs import Blobs
from hypothesis import given
from hypothesis import strategies as st

from mdf.core.errors import ConfigError
from mdf.core.sample import Batch
from mdf.data.mixture import Mixture


def mixture() -> Mixture:
    return Mixture(Blobs((6, 2, 2)), [Blobs((5, 1, 1), tasks=("mask",)), Blobs((4, 1, 1), size=24)])


def test_training_samples_are_everyones_and_evaluation_is_the_first_sets() -> None:
    splits, base = mixture().splits(), Blobs((6, 2, 2)).splits()
    assert len(splits.train) == 6 + 5 + 4
    assert list(splits.train) == [*range(6), *range(10, 15), *range(17, 21)]
    assert (list(splits.val), list(splits.test)) == (list(base.val), list(base.test))


@given(st.permutations(list(range(17))))
def test_samples_come_in_the_order_asked_for_whichever_set_they_are_of(order: list[int]) -> None:
    mixed = mixture()
    batch = mixed.read(order)
    for position, index in enumerate(order):
        alone = mixed.read([index])
        assert batch.ids[position] == alone.ids[0]
        for task in ("mask", "depth"):
            assert torch.equal(batch.targets[task][position], alone.targets[task][0])
            assert torch.equal(batch.valid[task][position], alone.valid[task][0])
        assert torch.equal(batch.fg_bg[position], alone.fg_bg[0])


@given(st.permutations(list(range(10))))
def test_what_members_add_to_their_batches_is_put_in_order_too(order: list[int]) -> None:
    class Numbered(Blobs):
        def read(self, indices: Sequence[int]) -> Batch:
            numbers = torch.tensor(indices, dtype=torch.float32).view(-1, 1, 1, 1)
            return replace(super().read(indices), known={"number": numbers}, jitter=numbers.expand(-1, 1, 2, 5)[:, 0])

    batch = Mixture(Numbered((2, 1, 2)), [Numbered((3, 1, 1))]).read(order)
    own = [index % 5 for index in order]
    assert batch.known["number"].flatten().tolist() == own
    assert batch.jitter is not None
    assert batch.jitter[:, 0, 0].tolist() == own


def test_a_task_that_a_set_does_not_hold_is_invalid_there() -> None:
    batch = mixture().read([0, 12])
    assert batch.valid["depth"][0].any()
    assert not batch.valid["depth"][1].any()
    assert batch.valid["mask"][1].any()


def test_sizes_are_each_sets_own() -> None:
    assert [mixture().native_size(i) for i in (0, 9, 10, 16, 17)] == [(16, 16)] * 4 + [(24, 24)]


def test_two_units_of_one_task_are_refused() -> None:
    relative = Blobs()
    relative.units = {"depth": "relative"}  # type: ignore[misc]
    with pytest.raises(ConfigError, match="in m and in relative"):
        Mixture(Blobs(), [relative])


def test_the_fingerprint_is_every_members() -> None:
    prints = {
        Mixture(Blobs(), []).fingerprint(),
        Mixture(Blobs(), [Blobs()]).fingerprint(),
        Mixture(Blobs(), [Blobs(size=24)]).fingerprint(),
    }
    assert len(prints) == 3


def test_the_probe_indices_are_every_members() -> None:
    class Few(Blobs):
        def probe_indices(self) -> list[int]:
            return [0, 4]

    assert list(Mixture(Few((6, 2, 2)), [Few((5, 1, 1))]).probe_indices()) == [0, 4, 10, 14]
    assert list(mixture().probe_indices()) == list(range(23))
