"""Some of a data set's samples, as a data set of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from mdf.core.around import Around
from mdf.core.dataset import Dataset, Splits


class Subset(Around):
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
        whole = self.dataset.splits()
        number = {index: position for position, index in enumerate(self.kept)}
        train, val, test = (
            [number[index] for index in part if index in number] for part in (whole.train, whole.val, whole.test)
        )
        return Splits(train, val, test, by=whole.by)

    def fingerprint(self) -> str:
        """A hash of the whole set's and of what is kept."""
        return hashlib.blake2b(f"{self.dataset.fingerprint()} {self.kept}".encode(), digest_size=16).hexdigest()
