"""A data set around another one: what it does not change is that one's."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from torch import Tensor

from mdf.core.dataset import Dataset, Doubt, Splits
from mdf.core.errors import DataError
from mdf.core.sample import Batch


class DatasetWrapper(Dataset):
    """The samples of `dataset`; a subclass says which (`inner`), or what else they hold."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.tasks, self.units = dataset.tasks, dataset.units
        self.cached, self.synthetic, self.knows = dataset.cached, dataset.synthetic, dataset.knows

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

    def probe_indices(self) -> Sequence[int]:
        """Those of `dataset`."""
        return self.dataset.probe_indices()

    def unused_files(self) -> Sequence[str]:
        """Those of `dataset`."""
        return self.dataset.unused_files()

    def frame_range(self) -> tuple[int, int] | None:
        """That of `dataset`."""
        return self.dataset.frame_range()

    def read_as(self) -> Mapping[str, str]:
        """That of `dataset`."""
        return self.dataset.read_as()

    def doubts(self) -> Sequence[Doubt]:
        """Those of `dataset`."""
        return self.dataset.doubts()

    def fingerprint(self) -> str:
        """That of `dataset`."""
        return self.dataset.fingerprint()


class WithBackgroundInfo(DatasetWrapper):
    """The samples of `dataset`, with those of `names` that it knows in their batches."""

    def __init__(self, dataset: Dataset, names: Sequence[str]) -> None:
        super().__init__(dataset)
        self.knows = tuple(name for name in names if name in dataset.knows)

    def read(self, indices: Sequence[int]) -> Batch:
        """The samples at `indices`, and what is known of their empty scenes."""
        return replace(super().read(indices), known=self.known(indices))

    def known(self, indices: Sequence[int]) -> dict[str, Tensor]:
        """What was asked for, alone."""
        found = super().known(indices)
        return {name: found[name] for name in self.knows}


class Subset(DatasetWrapper):
    """The samples `kept` (ascending indices) of another data set, renumbered from 0; each stays in its split."""

    def __init__(self, dataset: Dataset, kept: Sequence[int]) -> None:
        super().__init__(dataset)
        self.kept = list(kept)

    def inner(self, index: int) -> int:
        """The index that a sample has in the whole set."""
        return self.kept[index]

    def __len__(self) -> int:
        return len(self.kept)

    def splits(self) -> Splits:
        """The whole set's splits, without what is left out."""
        whole, number = self.dataset.splits(), self._numbers()
        train, val, test = (
            [number[index] for index in part if index in number] for part in (whole.train, whole.val, whole.test)
        )
        return Splits(train, val, test, by=whole.by)

    def probe_indices(self) -> Sequence[int]:
        """Those of the whole set that are kept; every sample where what none of them needs cannot be read."""
        try:
            whole = self.dataset.probe_indices()
        except DataError:
            return range(len(self))
        number = self._numbers()
        return [number[index] for index in whole if index in number]

    def _numbers(self) -> dict[int, int]:
        """The new index by that in the whole set."""
        return {index: position for position, index in enumerate(self.kept)}

    def fingerprint(self) -> str:
        """A hash of the whole set's and of what is kept."""
        return hashlib.blake2b(f"{self.dataset.fingerprint()} {self.kept}".encode(), digest_size=16).hexdigest()
