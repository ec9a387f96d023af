"""Data sets that wrap another one: with facts about the empty scenes added, or without some samples."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from torch import Tensor

from mdf.core.dataset import Dataset, Doubt, Splits
from mdf.core.errors import DataError
from mdf.core.image import check_same
from mdf.core.sample import BACKGROUND_DEPTH, Batch


class DatasetWrapper(Dataset):
    """Delegates to `dataset` everything that a subclass does not override."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.tasks, self.units = dataset.tasks, dataset.units
        self.cached, self.synthetic, self.knows = dataset.cached, dataset.synthetic, dataset.knows

    def inner_index(self, index: int) -> int:
        """The index that a sample has in `dataset`; a subclass that renumbers the samples overrides it."""
        return index

    def __len__(self) -> int:
        return len(self.dataset)

    def native_size(self, index: int) -> tuple[int, int]:
        """(height, width) of a sample's images."""
        return self.dataset.native_size(self.inner_index(index))

    def read(self, indices: Sequence[int]) -> Batch:
        """The samples at `indices`, read by `dataset`."""
        return self.dataset.read([self.inner_index(index) for index in indices])

    def known(self, indices: Sequence[int]) -> dict[str, Tensor]:
        """What `dataset` knows of their empty scenes."""
        return self.dataset.known([self.inner_index(index) for index in indices])

    def splits(self) -> Splits:
        """The splits of `dataset`."""
        return self.dataset.splits()

    def probe_indices(self) -> Sequence[int]:
        """The probe indices of `dataset`."""
        return self.dataset.probe_indices()

    def unused_files(self) -> Sequence[str]:
        """The unused files of `dataset`."""
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
        """The fingerprint of `dataset`."""
        return self.dataset.fingerprint()


class WithBackgroundInfo(DatasetWrapper):
    """The samples of `dataset`; each batch also holds what `dataset` knows of the empty scenes under `names`.

    Names that `dataset` does not know are ignored.
    """

    def __init__(self, dataset: Dataset, names: Sequence[str]) -> None:
        super().__init__(dataset)
        self.knows = tuple(name for name in names if name in dataset.knows)

    def read(self, indices: Sequence[int]) -> Batch:
        """The samples at `indices`, with what is known of their empty scenes in `Batch.known`."""
        return replace(super().read(indices), known=self.known(indices))

    def known(self, indices: Sequence[int]) -> dict[str, Tensor]:
        """What is known under the chosen names."""
        known = super().known(indices)
        return {name: known[name] for name in self.knows}


class OneDepth(DatasetWrapper):
    """The samples of `dataset`, all of one camera, whose empty scene has one known depth: H×W metres, NaN = unknown."""

    def __init__(self, dataset: Dataset, depth: Tensor, name: str) -> None:
        """`name` is what the depth is called where a sample is of another size, which raises DataError."""
        super().__init__(dataset)
        self.knows = (BACKGROUND_DEPTH,)
        self._depth, self._name = depth, name

    def read(self, indices: Sequence[int]) -> Batch:
        """The samples at `indices`, with the depth in `Batch.known`."""
        batch = super().read(indices)
        size = (self._depth.shape[-2], self._depth.shape[-1])
        check_same(self._name, size, batch.size, f"the background of {batch.ids[0]}")
        return replace(batch, known=self.known(indices))

    def known(self, indices: Sequence[int]) -> dict[str, Tensor]:
        """The depth of each."""
        return {BACKGROUND_DEPTH: self._depth.expand(len(indices), 1, -1, -1)}


class Subset(DatasetWrapper):
    """The samples of `dataset` at `indices` (ascending), renumbered from 0. Each stays in its split."""

    def __init__(self, dataset: Dataset, indices: Sequence[int]) -> None:
        super().__init__(dataset)
        self.indices = list(indices)

    def inner_index(self, index: int) -> int:
        """The index that a sample has in the whole data set."""
        return self.indices[index]

    def __len__(self) -> int:
        return len(self.indices)

    def splits(self) -> Splits:
        """The splits of the whole data set, without the samples that are not in the subset."""
        whole = self.dataset.splits()
        train, val, test = (self._renumbered(part) for part in (whole.train, whole.val, whole.test))
        return Splits(train, val, test, by=whole.by)

    def probe_indices(self) -> Sequence[int]:
        """The probe indices of the whole data set that are in the subset.

        All samples where a file that no probe index needs cannot be read.
        """
        try:
            return self._renumbered(self.dataset.probe_indices())
        except DataError:
            return range(len(self))

    def _renumbered(self, whole: Sequence[int]) -> list[int]:
        """Indices in the subset of samples that are named by their index in the whole data set."""
        number = {index: position for position, index in enumerate(self.indices)}
        return [number[index] for index in whole if index in number]

    def fingerprint(self) -> str:
        """A hash of the whole data set's fingerprint and of the indices."""
        return hashlib.blake2b(f"{self.dataset.fingerprint()} {self.indices}".encode(), digest_size=16).hexdigest()
