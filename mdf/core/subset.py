"""Some of a data set's samples, as a data set of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from torch import Tensor

from mdf.core.dataset import Dataset, Splits
from mdf.core.sample import Batch


class Subset(Dataset):
    """The samples `kept` (ascending indices) of another data set, renumbered from 0; each stays in its split."""

    def __init__(self, dataset: Dataset, kept: Sequence[int]) -> None:
        self.dataset, self.kept = dataset, list(kept)
        self.tasks, self.units = dataset.tasks, dataset.units
        self.cached, self.drawn, self.knows = dataset.cached, dataset.drawn, dataset.knows

    def __len__(self) -> int:
        return len(self.kept)

    def native_size(self, index: int) -> tuple[int, int]:
        """(height, width) of a sample's images."""
        return self.dataset.native_size(self.kept[index])

    def read(self, indices: Sequence[int]) -> Batch:
        """The samples at `indices`, read by the whole set."""
        return self.dataset.read([self.kept[index] for index in indices])

    def known(self, indices: Sequence[int]) -> dict[str, Tensor]:
        """What the whole set knows of them."""
        return self.dataset.known([self.kept[index] for index in indices])

    def splits(self) -> Splits:
        """The whole set's splits, without what is left out."""
        whole = self.dataset.splits()
        number = {index: position for position, index in enumerate(self.kept)}
        train, val, test = (
            [number[index] for index in part if index in number] for part in (whole.train, whole.val, whole.test)
        )
        return Splits(train, val, test, by=whole.by)

    def fingerprint(self) -> str:
        """A hash of the whole set's and of what is kept."""
        return hashlib.blake2b(f"{self.dataset.fingerprint()} {self.kept}".encode(), digest_size=16).hexdigest()
