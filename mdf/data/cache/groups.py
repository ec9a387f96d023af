"""Reads a whole data set in groups of samples, by several processes where that is safe and worth it.

A group is the same whichever process reads it.
"""

from __future__ import annotations

import ctypes
import multiprocessing as mp
import pickle
import signal
import sys
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

import torch
from torch import Tensor

from mdf.core.cores import cores
from mdf.core.dataset import Dataset
from mdf.data.cache.column import Array

LARGEST, BYTES = 128, 2**26
"""The most samples in a group, and about the most bytes."""
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
    """Every sample of `dataset` (all of one size), in order. Raises what reading a sample raises."""
    height, width = dataset.native_size(0)
    step = max(1, min(LARGEST, BYTES // (16 * height * width)))
    ranges = [range(first, min(first + step, len(dataset))) for first in range(0, len(dataset), step)]
    processes = min(cores(), len(ranges), MOST)
    copied = _copied(dataset) if processes > 1 and _may_fork() else None
    elsewhere = iter(()) if copied is None else _read_elsewhere(copied, ranges, processes)
    for indices in ranges:
        group = next(elsewhere, None)  # what fails is read again here, so that the error is the data set's own
        yield _read(dataset, indices) if group is None else group


def _read_elsewhere(copied: bytes, ranges: Sequence[range], processes: int) -> Iterator[Group | None]:
    """Groups that are read by other processes, each with its own copy of the data set: no open file is shared.

    None stands for one that failed; they end early where a process is killed.
    """
    pool = ProcessPoolExecutor(processes, mp.get_context("fork"), _begin, (copied,))
    with warnings.catch_warnings():  # of forking beside threads
        warnings.simplefilter("ignore")
        waiting = deque(pool.submit(_group, indices) for indices in ranges[: AHEAD * processes])
    later = iter(ranges[len(waiting) :])
    try:
        while waiting:
            group = waiting.popleft().result()
            if (indices := next(later, None)) is not None:
                waiting.append(pool.submit(_group, indices))
            yield group
    except BrokenProcessPool:
        return
    finally:
        pool.shutdown(cancel_futures=True)


_COPIES: list[bytes | Dataset] = []
"""In a process that reads: its copy of the data set, at first pickled."""


def _begin(copied: bytes) -> None:
    """Let this process die with its parent, because it shares the parent's lock (prctl(2), PR_SET_PDEATHSIG); leave
    Ctrl-C to the parent; use no threads, of which none has come along."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    torch.set_num_threads(1)
    _COPIES[:] = [copied]


def _group(indices: Sequence[int]) -> Group | None:
    try:
        if isinstance(_COPIES[0], bytes):
            _COPIES[0] = pickle.loads(_COPIES[0])
        dataset = _COPIES[0]
        assert not isinstance(dataset, bytes)
        return _read(dataset, indices)
    except Exception:
        return None


def _copied(dataset: Dataset) -> bytes | None:
    """The data set, pickled for another process; None where that fails, for example because it holds a file open."""
    try:
        return pickle.dumps(dataset)
    except Exception:
        return None


def _may_fork() -> bool:
    """Whether this process may fork. On macOS it may not: libraries of the system fail after a fork."""
    cuda = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    return sys.platform == "linux" and not mp.current_process().daemon and not cuda


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
