"""Batches: every sample once a pass, one native size a batch, errors told, threads ended."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import ClassVar

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from small_models import random_batch, tasks_of

from mdf.core.dataset import Dataset, Splits
from mdf.core.errors import DataError
from mdf.core.sample import Batch
from mdf.engine.loader import ordered, read, read_ahead, shuffled

SIZES = [(16, 24), (16, 24), (32, 16), (16, 24), (32, 16), (8, 8)]


class Mixed(Dataset):
    """Samples of different sizes; each image holds its own index."""

    tasks = ("mask", "depth")
    units: ClassVar = {}

    def __init__(self, sizes: Sequence[tuple[int, int]]) -> None:
        self.sizes = sizes

    def __len__(self) -> int:
        return len(self.sizes)

    def native_size(self, index: int) -> tuple[int, int]:
        return self.sizes[index]

    def read(self, indices: Sequence[int]) -> Batch:
        assert len({self.sizes[i] for i in indices}) == 1, "the data set was asked for two sizes in one batch"
        batch = random_batch(len(indices), self.sizes[indices[0]])
        return Batch(
            ids=tuple(str(i) for i in indices),
            scenes=batch.scenes,
            bg=torch.stack([torch.full_like(batch.bg[0], i) for i in indices]),
            fg_bg=batch.fg_bg,
            targets=batch.targets,
            valid=batch.valid,
            tags=batch.tags,
        )

    def splits(self) -> Splits:
        return Splits(range(len(self)), [], [])

    def fingerprint(self) -> str:
        return "mixed"


@given(samples=st.integers(1, 50), batch_size=st.integers(1, 20), seed=st.integers(0, 9))
def test_shuffled_visits_each_sample_at_most_once_a_pass_and_leaves_out_less_than_a_batch(
    samples: int, batch_size: int, seed: int
) -> None:
    size = min(batch_size, samples)
    batches = shuffled(range(100, 100 + samples), batch_size, torch.Generator().manual_seed(seed))
    for _ in range(3):
        one_pass = list(islice(batches, samples // size))
        seen = [i for batch in one_pass for i in batch]
        assert all(len(batch) == size for batch in one_pass)
        assert len(seen) == len(set(seen)) > samples - size
        assert set(seen) <= set(range(100, 100 + samples))


def test_every_pass_has_a_new_order_and_the_same_seed_the_same_ones() -> None:
    def passes(seed: int) -> list[list[int]]:
        return list(islice(shuffled(range(64), 64, torch.Generator().manual_seed(seed)), 3))

    first = passes(0)
    assert first[0] != first[1] != first[2]
    assert first == passes(0)
    assert first != passes(1)


@given(
    sizes=st.lists(st.sampled_from([(8, 8), (8, 16), (16, 8)]), min_size=1, max_size=30),
    batch_size=st.integers(1, 7),
)
def test_ordered_keeps_the_order_and_never_mixes_sizes(sizes: list[tuple[int, int]], batch_size: int) -> None:
    batches = list(ordered(Mixed(sizes), range(len(sizes)), batch_size))
    assert [i for batch in batches for i in batch] == list(range(len(sizes)))
    assert all(1 <= len(batch) <= batch_size for batch in batches)
    assert all(len({sizes[i] for i in batch}) == 1 for batch in batches)


def test_samples_of_any_sizes_are_read_as_one_batch_of_the_asked_size() -> None:
    batch = read(Mixed(SIZES), [5, 0, 2, 1], (12, 20), tasks_of("mask", "depth"))
    assert sorted(batch.ids) == ["0", "1", "2", "5"]
    assert batch.size == (12, 20)
    assert batch.targets["depth"].shape == (4, 1, 12, 20)
    for number, image in zip(batch.ids, batch.bg, strict=True):  # each id still has its own image
        assert (image == int(number)).all()


def batches_of(count: int, error: BaseException | None = None) -> Iterator[Batch]:
    for number in range(count):
        yield random_batch(1, (8, 8), seed=number)
    if error is not None:
        raise error


def readers() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "mdf-read-ahead"]


def wait_for_readers() -> None:
    for thread in readers():
        thread.join(10)
        assert not thread.is_alive()


def test_reading_ahead_changes_neither_batches_nor_their_order() -> None:
    ahead = list(read_ahead(batches_of(7), "cpu"))
    assert all(torch.equal(a.bg, b.bg) for a, b in zip(ahead, batches_of(7), strict=True))
    wait_for_readers()


@pytest.mark.parametrize(("device", "pins"), [("cpu", False), ("mps", False), ("cuda", True), ("cuda:1", True)])
def test_batches_are_pinned_for_a_cuda_device_alone(device: str, pins: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only from pinned memory does a copy to the device go on beside the CPU's work."""
    pinned: list[tuple[int, ...]] = []

    def pin(tensor: torch.Tensor) -> torch.Tensor:
        pinned.append(tuple(tensor.shape))
        return tensor.clone()

    monkeypatch.setattr(torch.Tensor, "pin_memory", pin)
    ahead = list(read_ahead(batches_of(2), device))
    assert all(torch.equal(a.bg, b.bg) for a, b in zip(ahead, batches_of(2), strict=True))
    batch = ahead[0]
    tensors = [batch.bg, batch.fg_bg, *batch.targets.values(), *batch.valid.values()]
    assert sorted(pinned) == (sorted([tuple(tensor.shape) for tensor in tensors] * 2) if pins else [])
    wait_for_readers()


def test_an_error_while_reading_is_raised_where_the_batch_is_used() -> None:
    stream = read_ahead(batches_of(2, DataError("frame 3 is damaged", "remove it")), "cpu")
    assert len([next(stream), next(stream)]) == 2
    with pytest.raises(DataError, match="frame 3 is damaged"):
        next(stream)
    wait_for_readers()


def test_closing_the_iterator_ends_its_thread() -> None:
    stream = read_ahead((random_batch(1, (8, 8)) for _ in iter(int, 1)), "cpu")
    next(stream)
    assert readers()
    stream.close()
    wait_for_readers()
