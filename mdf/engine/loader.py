"""Batches from a data set: shuffled and without end for training, in order for everything else."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

import torch

from mdf.core.config import ExperimentConfig
from mdf.core.dataset import Dataset
from mdf.core.progress import OnProgress, Stage
from mdf.core.sample import Batch
from mdf.core.task import Task
from mdf.engine.prepare.resize import resize, resize_known

AHEAD = 2


def shuffled(indices: Sequence[int], batch_size: int, generator: torch.Generator) -> Iterator[list[int]]:
    """Batches of indices without end. Each pass over all of them has a new order; an incomplete last batch is left
    out."""
    size = min(batch_size, len(indices))
    while True:
        order = torch.randperm(len(indices), generator=generator)
        for start in range(0, len(order) - size + 1, size):
            yield [indices[i] for i in order[start : start + size].tolist()]


def stratified(groups: Mapping[str, Sequence[int]], batch_size: int, generator: torch.Generator) -> Iterator[list[int]]:
    """Batches of indices without end. Each group is drawn equally often, and each of its members in turn."""
    members = {name: _one_by_one(group, generator) for name, group in groups.items()}
    turns = _one_by_one(range(len(groups)), generator)
    names = list(groups)
    while True:
        yield [next(members[names[next(turns)]]) for _ in range(batch_size)]


def _one_by_one(indices: Sequence[int], generator: torch.Generator) -> Iterator[int]:
    for batch in shuffled(indices, 1, generator):
        yield from batch


def training_order(
    dataset: Dataset, train: Sequence[int], config: ExperimentConfig, on_progress: OnProgress
) -> Iterator[list[int]]:
    """Training indices in batches, without end. The seed decides their order."""
    generator = torch.Generator().manual_seed(config.seed)
    if not config.train.balance_tags:
        return shuffled(train, config.train.batch_size, generator)
    on_progress(Stage("reading the conditions of the training samples"))
    return stratified(by_condition(dataset, train), config.train.batch_size, generator)


def by_condition(dataset: Dataset, indices: Sequence[int]) -> dict[str, list[int]]:
    """Indices by tag. Reads every sample. A sample with several tags is in several groups; those without a tag are the
    group ""."""
    groups: dict[str, list[int]] = {}
    for chosen in ordered(dataset, indices, 16):
        batch = dataset.read(chosen)
        for index, tags in zip(chosen, batch.tags or [frozenset()] * len(batch), strict=True):
            for tag in sorted(tags) or [""]:
                groups.setdefault(tag, []).append(index)
    return dict(sorted(groups.items()))


def ordered(dataset: Dataset, indices: Iterable[int], batch_size: int) -> Iterator[list[int]]:
    """Batches of indices in order. The samples of a batch have one native size."""
    for _, group in groupby(indices, key=dataset.native_size):
        run = list(group)
        for start in range(0, len(run), batch_size):
            yield run[start : start + batch_size]


def read(dataset: Dataset, indices: Sequence[int], size: tuple[int, int], tasks: Mapping[str, Task]) -> Batch:
    """Samples of any native sizes as one batch at `size` (height, width), with the targets of `tasks`."""
    by_size = sorted(indices, key=dataset.native_size)
    groups = [list(group) for _, group in groupby(by_size, key=dataset.native_size)]
    batches = (resize(dataset.read(group), size, tasks) for group in groups)
    return Batch.concatenate([resize_known(batch, size) for batch in batches])


def read_ahead(batches: Iterator[Batch], device: str = "cpu") -> Iterator[Batch]:
    """The same batches on the CPU, the next ones being read in a thread while the current one is used.

    For a CUDA `device`, which they will be moved to, they come in pinned memory. An error while reading is raised here.
    Closing the iterator ends the thread.
    """
    pins = device.partition(":")[0] == "cuda"
    ready: queue.Queue[Batch | BaseException | None] = queue.Queue(AHEAD)
    stop = threading.Event()

    def offer(item: Batch | BaseException | None) -> bool:
        while not stop.is_set():
            try:
                ready.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def work() -> None:
        try:
            for batch in batches:
                if not offer(batch.pinned() if pins else batch):
                    return
            offer(None)
        except BaseException as error:
            offer(error)

    threading.Thread(target=work, name="mdf-read-ahead", daemon=True).start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stop.set()
