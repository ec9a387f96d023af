"""A filled cache as a data set."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mdf.core.dataset import Dataset, Splits
from mdf.core.sample import Batch
from mdf.data.cache.column import Array


@dataclass(frozen=True)
class _Index:
    """What is known of the samples besides their arrays."""

    size: tuple[int, int]
    ids: tuple[str, ...]
    scenes: tuple[str, ...]
    tags: tuple[frozenset[str], ...]
    splits: Splits
    fingerprint: str


class CachedDataset(Dataset):
    """A filled cache folder as a data set. Cheap to pickle into workers, which share its pages in memory.

    What is known of the empty scenes is asked of the `source` that it was filled from.
    """

    def __init__(self, folder: Path, source: Dataset | None = None) -> None:
        self.folder, self.source = folder, source
        self.knows = source.knows if source is not None else ()
        stored = json.loads((folder / "index.json").read_text("utf-8"))
        self.tasks = tuple(stored["tasks"])
        self.units = stored["units"]
        self.synthetic = stored.get("synthetic", False)
        splits = stored["splits"]
        train, val, test = (_as_range(splits[name]) for name in ("train", "val", "test"))
        self._index = _Index(
            size=(stored["size"][0], stored["size"][1]),
            ids=tuple(stored["ids"]),
            scenes=tuple(stored["scenes"]),
            tags=tuple(frozenset(tags) for tags in stored["tags"]),
            splits=Splits(train, val, test, by=splits["by"]),
            fingerprint=stored["fingerprint"],
        )
        self._arrays: dict[str, Array] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {"folder": self.folder, "source": self.source}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def __len__(self) -> int:
        return len(self._index.ids)

    @property
    def scenes(self) -> tuple[str, ...]:
        """The scene of each sample; no image is read."""
        return self._index.scenes

    def native_size(self, index: int) -> tuple[int, int]:  # noqa: ARG002
        return self._index.size

    def splits(self) -> Splits:
        return self._index.splits

    def fingerprint(self) -> str:
        return self._index.fingerprint

    def frame_range(self) -> tuple[int, int] | None:
        return self.source.frame_range() if self.source is not None else None

    def read(self, indices: Sequence[int]) -> Batch:
        chosen = np.fromiter(indices, np.int64, len(indices))
        targets = {task: self._gather(f"target-{n}", chosen) for n, task in enumerate(self.tasks)}
        if "depth" in targets:
            targets["depth"] = targets["depth"].float()
        known = self._index
        return Batch(
            ids=tuple(known.ids[i] for i in chosen),
            scenes=tuple(known.scenes[i] for i in chosen),
            bg=self._gather("bg", chosen),
            fg_bg=self._gather("fg_bg", chosen),
            targets=targets,
            valid={task: self._gather(f"valid-{n}", chosen) for n, task in enumerate(self.tasks)},
            tags=tuple(known.tags[i] for i in chosen),
        )

    def known(self, indices: Sequence[int]) -> dict[str, Tensor]:
        return self.source.known(indices) if self.source is not None else {}

    def _gather(self, name: str, chosen: NDArray[np.int64]) -> Tensor:
        """The chosen samples of one array, in one copy out of the memory map."""
        if name not in self._arrays:
            self._arrays[name] = np.asarray(np.load(self.folder / f"{name}.npy", mmap_mode="r", allow_pickle=False))
        return torch.from_numpy(np.take(self._arrays[name], chosen, axis=0))


def _as_range(indices: list[int]) -> Sequence[int]:
    """A list that counts up by one as a range, others as they are."""
    even = all(b - a == 1 for a, b in pairwise(indices))
    return range(indices[0], indices[-1] + 1) if indices and even else indices
