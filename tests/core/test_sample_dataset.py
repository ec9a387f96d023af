"""A data set that is read sample by sample: by several threads only where it says that it may be, in order all the
same."""

from __future__ import annotations

import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator

import pytest
import torch
from small_models import random_batch

from mdf.core import dataset as contract
from mdf.core.dataset import SampleDataset, Splits
from mdf.core.errors import DataError
from mdf.core.sample import Sample

TOGETHER = 2


class Meeting(SampleDataset):
    """Samples of which each waits until so many are read at once."""

    tasks = ("mask", "depth")

    def __init__(self, parties: int, parallel: bool) -> None:
        self.barrier = threading.Barrier(parties, timeout=20)
        self.parallel = parallel
        self.readers: set[int] = set()

    def __len__(self) -> int:
        return 8

    def native_size(self, index: int) -> tuple[int, int]:  # noqa: ARG002
        return 8, 8

    def sample(self, index: int) -> Sample:
        self.barrier.wait()
        self.readers.add(threading.get_ident())
        if index == 7:
            raise DataError("sample 7 is damaged", "remove it")
        return random_batch(1, (8, 8), seed=index).split()[0]

    def splits(self) -> Splits:
        return Splits(range(8), [], [])

    def fingerprint(self) -> str:
        return "meeting"


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(TOGETHER)
    yield
    torch.set_num_threads(before)


def test_samples_are_read_side_by_side_and_stay_in_order() -> None:
    dataset = Meeting(TOGETHER, parallel=True)
    batch = dataset.read([3, 0, 5, 1])
    assert len(dataset.readers) == TOGETHER
    for row, index in zip(batch.bg, [3, 0, 5, 1], strict=True):
        assert torch.equal(row, random_batch(1, (8, 8), seed=index).bg[0])


@pytest.mark.parametrize(("parallel", "threads"), [(False, 2), (True, 1)])
def test_one_thread_reads_where_it_must_or_the_process_has_one(parallel: bool, threads: int) -> None:
    torch.set_num_threads(threads)
    dataset = Meeting(1, parallel)
    dataset.read(range(4))
    assert dataset.readers == {threading.get_ident()}


def test_what_a_thread_finds_wrong_is_the_readers_error() -> None:
    with pytest.raises(DataError, match="sample 7"):
        Meeting(TOGETHER, parallel=True).read([6, 7])


def test_the_same_threads_read_the_next_batch() -> None:
    dataset = Meeting(TOGETHER, parallel=True)
    dataset.read([0, 1])
    first = set(dataset.readers)
    assert first <= {thread.ident for thread in threading.enumerate()}, "they wait for it"
    for _ in range(3):
        dataset.read([2, 3])
    assert dataset.readers == first


def test_batches_of_any_length_share_one_pool() -> None:
    torch.set_num_threads(4)
    contract._readers.cache_clear()
    for length in (2, 4, 6):
        Meeting(TOGETHER, parallel=True).read(range(length))
    assert contract._readers.cache_info().currsize == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_reads_with_threads_of_its_own() -> None:
    Meeting(TOGETHER, parallel=True).read([0, 1])
    assert ends_in_a_fork(lambda: Meeting(TOGETHER, parallel=True).read([2, 3]))


class Enclosing(Meeting):
    """Samples that are each made of several of another such data set."""

    def sample(self, index: int) -> Sample:
        self.barrier.wait()  # all threads are in here, none is left for the samples within
        return Meeting(1, parallel=True).read([index, index + 1]).split()[0]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_data_set_may_read_another_one_for_its_samples() -> None:
    assert ends_in_a_fork(lambda: Enclosing(TOGETHER, parallel=True).read([0, 1, 2, 3]))


def ends_in_a_fork(work: Callable[[], object]) -> bool:
    """Whether a forked process comes to the end of `work`, which may hang for ever."""
    with warnings.catch_warnings():  # of forking beside threads
        warnings.simplefilter("ignore")
        child = os.fork()
    if child == 0:
        signal.alarm(10)
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0
