"""A data set whose batches hold what is known of their empty scenes, for the methods that need it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from torch import Tensor

from mdf.core.dataset import Dataset, Splits
from mdf.core.sample import Batch


class Knowing(Dataset):
    """The samples of `dataset`, with those of `names` that it knows in their batches."""

    def __init__(self, dataset: Dataset, names: Sequence[str]) -> None:
        self.dataset = dataset
        self.tasks, self.units = dataset.tasks, dataset.units
        self.cached, self.drawn = dataset.cached, dataset.drawn
        self.knows = tuple(name for name in names if name in dataset.knows)

    def __len__(self) -> int:
        return len(self.dataset)

    def native_size(self, index: int) -> tuple[int, int]:
        """(height, width) of a sample's images."""
        return self.dataset.native_size(index)

    def read(self, indices: Sequence[int]) -> Batch:
        """The samples at `indices`, and what is known of their empty scenes."""
        return replace(self.dataset.read(indices), known=self.known(indices))

    def known(self, indices: Sequence[int]) -> dict[str, Tensor]:
        """What was asked for, alone."""
        found = self.dataset.known(indices)
        return {name: found[name] for name in self.knows}

    def splits(self) -> Splits:
        """Those of the data set."""
        return self.dataset.splits()

    def fingerprint(self) -> str:
        """That of the data set."""
        return self.dataset.fingerprint()
