"""Reads a whole data set in groups of samples, by several processes where that is worth it.

A group is the same whichever process reads it.
"""

from __future__ import annotations

import multiprocessing as mp
import os
import pickle
import signal
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mdf.core.cores import cores
from mdf.core.dataset import Dataset
from mdf.core.processes import Handed, end_with_parent, process_context, starting
from mdf.data.cache.column import Array
from mdf.registry import discovery
from mdf.registry.discovery.guard import imported_file

LARGEST, BYTES = 128, 2**26
"""The most samples in a group, and about the most bytes."""
WORTH = 10.0
"""Seconds of reading that are left, from which on other processes help. Their server has to import torch first."""
LARGEST_COPY = 2**28
"""The most bytes of a pickled data set: each process that helps holds them."""
MOST, AHEAD = 16, 2
"""The most processes that read, and the groups that wait for each of them."""


@dataclass(frozen=True)
class Group:
    """Some samples as they are stored: `arrays` by the name of their file, samples first; `dtypes` of each task's
    target; `tags` sorted."""

    arrays: dict[str, Array]
    dtypes: list[str]
    ids: list[str]
    scenes: list[str]
    tags: list[list[str]]


def read_groups(dataset: Dataset) -> Iterator[Group]:
    """Every sample of `dataset` (at least one, all of one size), in order. Raises what reading a sample raises."""
    height, width = dataset.native_size(0)
    step = max(1, min(LARGEST, BYTES // (16 * height * width)))
    first, *others = (range(first, min(first + step, len(dataset))) for first in range(0, len(dataset), step))
    began = time.perf_counter()
    group = _read(dataset, first)
    left = (time.perf_counter() - began) * len(others)
    yield group
    elsewhere = _read_elsewhere(dataset, others) if left >= WORTH else iter(())
    for indices in others:
        read = next(elsewhere, None)  # what fails is read again here, so that the error is the data set's own
        yield _read(dataset, indices) if read is None else read


def _read_elsewhere(dataset: Dataset, ranges: Sequence[range]) -> Iterator[Group | None]:
    """Groups that are read by other processes, each with its own copy of the data set: no open file is shared.

    None stands for one that failed; they end early where a process is killed, and at once where none can be started.
    """
    processes = min(cores(), len(ranges), MOST)
    may_help = processes > 1 and os.name == "posix" and not mp.current_process().daemon
    copied = _copied(dataset) if may_help else None
    if copied is None:
        return
    pool = ProcessPoolExecutor(processes, process_context(), _begin, (copied, Handed(2)))

    def submit(indices: range) -> Future[Group | None]:
        with starting():
            return pool.submit(_group, indices)

    later = iter(ranges)
    try:
        waiting = deque(submit(indices) for indices in islice(later, AHEAD * processes))
        while waiting:
            group = waiting.popleft().result()
            if (indices := next(later, None)) is not None:
                waiting.append(submit(indices))
            yield group
    except (OSError, EOFError, RuntimeError):  # `BrokenProcessPool` is a RuntimeError
        return
    finally:
        pool.shutdown(cancel_futures=True)


@dataclass(frozen=True)
class _Copy:
    """The data set, pickled, and the plugins of one file that it may be of."""

    pickled: bytes
    files: list[str]

    def load(self) -> Dataset:
        for file in self.files:
            with suppress(Exception):  # one that is needed and missing fails below
                imported_file(Path(file))
        dataset: Dataset = pickle.loads(self.pickled)
        return dataset


_COPIES: list[_Copy | Dataset] = []
"""In a process that reads: its copy of the data set, at first pickled."""


def _begin(copied: _Copy, printed: Any) -> None:
    """End with the parent, leave Ctrl-C to it, and print what a data set prints where its errors are printed."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    handle = printed.detach()
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.close(handle)
    torch.set_num_threads(1)
    _COPIES[:] = [copied]


def _group(indices: Sequence[int]) -> Group | None:
    try:
        copied = _COPIES[0]
        _COPIES[0] = dataset = copied.load() if isinstance(copied, _Copy) else copied
        return _read(dataset, indices)
    except Exception:
        return None


def _copied(dataset: Dataset) -> _Copy | None:
    """The data set for another process; None where it does not pickle, for example because it holds a file open, or is
    large. A class of the user's own script is not found there, so that its groups are read here."""
    try:
        pickled = pickle.dumps(dataset)
    except Exception:
        return None
    if len(pickled) > LARGEST_COPY:
        return None
    found = discovery()
    offers = found.catalog.offers("dataset") if found else []
    return _Copy(pickled, sorted({offer.file for offer in offers} - {""}))


def _read(dataset: Dataset, indices: Sequence[int]) -> Group:
    batch = dataset.read(indices)
    tensors = {"bg": batch.bg, "fg_bg": batch.fg_bg}
    for number, task in enumerate(dataset.tasks):  # by number, so that no task's name reaches the disk
        tensors[f"target-{number}"] = batch.targets[task]
        tensors[f"valid-{number}"] = batch.valid[task]
    known = dataset.known(indices) if dataset.knows else {}
    for number, name in enumerate(dataset.knows):
        tensors[f"known-{number}"] = known[name]
    return Group(
        {name: _as_array(tensor) for name, tensor in tensors.items()},
        [str(batch.targets[task].dtype).removeprefix("torch.") for task in dataset.tasks],
        list(batch.ids),
        list(batch.scenes),
        [sorted(tags) for tags in batch.tags],
    )


def _as_array(tensor: Tensor) -> Array:
    """The tensor in its own dtype; bfloat16, which NumPy does not have, as the bits of int16."""
    plain = tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor
    return plain.contiguous().numpy()
