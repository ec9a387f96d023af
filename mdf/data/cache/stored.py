"""A filled cache as a data set."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mdf.core.dataset import Dataset, Splits
from mdf.core.errors import DataError
from mdf.core.sample import Batch
from mdf.data.cache.column import Array
from mdf.data.cache.index import Index


class CachedDataset(Dataset):
    """A filled cache folder as a data set. Cheap to pickle into workers, which share its pages in memory.

    `source` is the data set that it was filled from.

    Raises
        DataError: the folder is not a cache of this version.
    """

    def __init__(self, folder: Path, source: Dataset | None = None) -> None:
        index = Index.read(folder)
        if index is None:
            raise DataError(f"{folder} is not a cache of this version of mdf", "remove the folder: it is filled again")
        self.folder, self.source = folder, source
        self.knows = tuple(index.knows)
        self.tasks, self.units, self.synthetic = tuple(index.tasks), index.units, index.synthetic
        self._size = (index.size[0], index.size[1])
        self._dtypes = {task: getattr(torch, name) for task, name in zip(index.tasks, index.dtypes, strict=True)}
        self._ids, self._scenes = tuple(index.ids), tuple(index.scenes)
        self._tags = tuple(frozenset(tags) for tags in index.tags)
        train, val, test = (_as_range(index.splits[name]) for name in ("train", "val", "test"))
        self._splits = Splits(train, val, test, by=index.split_by)
        self._fingerprint = index.fingerprint
        self._arrays: dict[str, Array] = {}

    def __reduce__(self) -> tuple[type[CachedDataset], tuple[Path, Dataset | None]]:
        return CachedDataset, (self.folder, self.source)

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def scenes(self) -> tuple[str, ...]:
        """The scene of each sample; no image is read."""
        return self._scenes

    def native_size(self, index: int) -> tuple[int, int]:  # noqa: ARG002
        return self._size

    def splits(self) -> Splits:
        return self._splits

    def fingerprint(self) -> str:
        return self._fingerprint

    def frame_range(self) -> tuple[int, int] | None:
        return self.source.frame_range() if self.source is not None else None

    def read(self, indices: Sequence[int]) -> Batch:
        """The samples at `indices`, as the data set itself gives them: the same dtypes, the same bits."""
        chosen = np.fromiter(indices, np.int64, len(indices))
        numbered = list(enumerate(self.tasks))
        return Batch(
            ids=tuple(self._ids[i] for i in chosen),
            scenes=tuple(self._scenes[i] for i in chosen),
            bg=self._gather("bg", chosen),
            fg_bg=self._gather("fg_bg", chosen),
            targets={task: self._gather(f"target-{n}", chosen).view(self._dtypes[task]) for n, task in numbered},
            valid={task: self._gather(f"valid-{n}", chosen) for n, task in numbered},
            tags=tuple(self._tags[i] for i in chosen),
        )

    def known(self, indices: Sequence[int]) -> dict[str, Tensor]:
        chosen = np.fromiter(indices, np.int64, len(indices))
        return {name: self._gather(f"known-{n}", chosen) for n, name in enumerate(self.knows)}

    def _gather(self, name: str, chosen: NDArray[np.int64]) -> Tensor:
        """The chosen samples of one array, in one copy out of the memory map."""
        if name not in self._arrays:
            self._arrays[name] = np.asarray(np.load(self.folder / f"{name}.npy", mmap_mode="r", allow_pickle=False))
        return torch.from_numpy(np.take(self._arrays[name], chosen, axis=0))


def _as_range(indices: Sequence[int]) -> Sequence[int]:
    """A list that counts up by one as a range; another list as it is."""
    even = all(b - a == 1 for a, b in pairwise(indices))
    return range(indices[0], indices[-1] + 1) if indices and even else indices
