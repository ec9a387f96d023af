"""Some of a data set's samples, as a data set of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from mdf.core.dataset import Dataset, Splits
from mdf.core.errors import DataError
from mdf.data.wrappers import Around


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
        whole, number = self.dataset.splits(), self._numbers()
        train, val, test = (
            [number[index] for index in part if index in number] for part in (whole.train, whole.val, whole.test)
        )
        return Splits(train, val, test, by=whole.by)

    def witnesses(self) -> Sequence[int]:
        """Those of the whole set that are kept; every sample where what none of them needs cannot be read."""
        try:
            whole = self.dataset.witnesses()
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
