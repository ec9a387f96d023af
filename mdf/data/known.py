"""A data set whose batches hold what is known of their empty scenes, for the methods that need it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from torch import Tensor

from mdf.core.dataset import Dataset
from mdf.core.sample import Batch
from mdf.data.wrappers import Around


class Knowing(Around):
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
