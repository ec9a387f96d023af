"""Reads samples one after the other and goes on where one cannot be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch

from mdf.core.dataset import Dataset
from mdf.core.errors import MdfError
from mdf.core.sample import Sample

MAX_PIXELS, MAX_SAMPLES = 2**24, 64
"""How much is read in one call: little enough to hold, enough for a data set that works in blocks."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A sample that cannot be read: what is wrong with it, and the cure."""

    index: int
    reason: str
    hint: str


def read_each(dataset: Dataset, indices: Iterable[int]) -> Iterator[tuple[int, Sample | Unreadable]]:
    """Every index in order, with its sample or with the reason why it cannot be read.

    A sample cannot be read if the data set raises anything for it, or if its images and targets do not have its native
    size.
    """
    for group in _groups(dataset, indices):
        if isinstance(group, Unreadable):
            yield group.index, group
            continue
        samples = _read(dataset, group)
        if len(group) > 1 and any(isinstance(sample, Unreadable) for sample in samples):
            samples = [_read(dataset, [index])[0] for index in group]
        yield from zip(group, samples, strict=True)


def unsized(dataset: Dataset) -> Iterator[Unreadable]:
    """The samples whose size cannot be read, for example because a file is missing; no image is decoded."""
    for index in range(len(dataset)):
        try:
            dataset.native_size(index)
        except Exception as error:
            yield _unreadable(index, error)


def _groups(dataset: Dataset, indices: Iterable[int]) -> Iterator[list[int] | Unreadable]:
    """Indices of one native size that are read together; an index whose size cannot be read comes by itself."""
    group: list[int] = []
    size = (0, 0)
    for index in indices:
        try:
            own = dataset.native_size(index)
        except Exception as error:
            if group:
                yield group
            group = []
            yield _unreadable(index, error)
            continue
        if group and (own != size or (len(group) + 1) * own[0] * own[1] > MAX_PIXELS or len(group) == MAX_SAMPLES):
            yield group
            group = []
        size = own
        group.append(index)
    if group:
        yield group


def _read(dataset: Dataset, group: Sequence[int]) -> list[Sample | Unreadable]:
    try:
        size = dataset.native_size(group[0])
        samples = dataset.read(group).split()
        return [_wrong_shape(index, sample, size) or sample for index, sample in zip(group, samples, strict=True)]
    except MemoryError:
        raise
    except Exception as error:
        return [_unreadable(index, error) for index in group]


def _wrong_shape(index: int, sample: Sample, size: tuple[int, int]) -> Unreadable | None:
    """What is wrong with the shapes of a sample; None where all have its native size."""
    maps = {"bg": sample.bg, "fg_bg": sample.fg_bg}
    maps |= {f"target `{task}`": target for task, target in sample.targets.items()}
    maps |= {f"validity of `{task}`": valid for task, valid in sample.valid.items()}
    for name, tensor in maps.items():
        if tensor.ndim != 3 or tensor.shape[-2:] != torch.Size(size):
            shape = "×".join(map(str, tensor.shape[:0:-1]))
            return Unreadable(
                index,
                f"sample {index} (`{sample.id}`): its {name} is {shape} pixels, its images {size[1]}×{size[0]}",
                "images that belong together need one size: restore the original, or scale it to that size",
            )
    return None


def _unreadable(index: int, error: Exception) -> Unreadable:
    if isinstance(error, MdfError):
        return Unreadable(index, error.message, error.hint)
    message = " ".join(str(error).split())
    return Unreadable(
        index,
        f"sample {index} cannot be read ({type(error).__name__}{f': {message}' if message else ''})",
        "restore its files, or leave it out",
    )
