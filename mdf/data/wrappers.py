"""A data set around another one: what it does not change is that one's."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from mdf.core.dataset import Dataset, Splits
from mdf.core.sample import Batch


class Around(Dataset):
    """The samples of `dataset`; a subclass says which (`inner`), or what else they hold."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.tasks, self.units = dataset.tasks, dataset.units
        self.cached, self.drawn, self.knows = dataset.cached, dataset.drawn, dataset.knows

    def inner(self, index: int) -> int:
        """The index that a sample has in `dataset`."""
        return index

    def __len__(self) -> int:
        return len(self.dataset)

    def native_size(self, index: int) -> tuple[int, int]:
        """(height, width) of a sample's images."""
        return self.dataset.native_size(self.inner(index))

    def read(self, indices: Sequence[int]) -> Batch:
        """The samples at `indices`, read by `dataset`."""
        return self.dataset.read([self.inner(index) for index in indices])

    def known(self, indices: Sequence[int]) -> dict[str, Tensor]:
        """What `dataset` knows of them."""
        return self.dataset.known([self.inner(index) for index in indices])

    def splits(self) -> Splits:
        """Those of `dataset`."""
        return self.dataset.splits()

    def witnesses(self) -> Sequence[int]:
        """Those of `dataset`."""
        return self.dataset.witnesses()

    def spare(self) -> Sequence[str]:
        """Those of `dataset`."""
        return self.dataset.spare()

    def fingerprint(self) -> str:
        """That of `dataset`."""
        return self.dataset.fingerprint()
