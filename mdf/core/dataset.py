"""The contract of data sets: samples and splits."""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

import torch
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.sample import Batch, Sample

SplitName = Literal["train", "val", "test"]


@dataclass(frozen=True, slots=True)
class Splits:
    """The indices of each split.

    `by = "scene"`: no scene is in two splits. `by = "time"`: each scene is cut into blocks of time with a gap between
    them; scores are then marked as scene-specific.
    """

    train: Sequence[int]
    val: Sequence[int]
    test: Sequence[int]
    by: Literal["scene", "time"] = "scene"

    def of(self, name: SplitName) -> Sequence[int]:
        """The indices of one split."""
        return {"train": self.train, "val": self.val, "test": self.test}[name]

    def locate(self, index: int) -> tuple[SplitName, int]:
        """The split that a sample belongs to, and its number in this split. Raises IndexError if it is in none."""
        names: tuple[SplitName, ...] = get_args(SplitName)
        for name in names:
            if index in (indices := self.of(name)):
                return name, indices.index(index)
        raise IndexError(f"no split has a sample {index}")


@dataclass(frozen=True, slots=True)
class Doubt:
    """What files of a data set may be meant for, and what makes that doubtful.

    Attributes:
        level: an `error` is never trained on or scored; a `warning` is only reported.
        message: what was found, and where.
        hint: what to do about it.
    """

    level: Literal["error", "warning"]
    message: str
    hint: str


class Dataset(ABC):
    """Samples and splits.

    Constructed as `Dataset(config, variant)`; `variant` is what stands after the colon of its name (mostly a path), or
    "". Construction is cheap: it checks that the files are there and decodes nothing.
    """

    class Config(ComponentConfig):
        """No options."""

    tasks: tuple[str, ...]
    """The tasks whose targets its samples hold."""

    units: Mapping[str, str]
    """The unit of each task's values, if it has one: `{"depth": "m"}`; `"relative"` where there is no metric unit."""

    cached: bool = False
    """Whether it should be decoded once into the cache, because reading it takes long."""

    synthetic: bool = False
    """Whether it generates its scenes. Two of them are then different places, even if they look alike."""

    knows: tuple[str, ...] = ()
    """What it knows of its empty scenes besides their images: the names in `known`."""

    @abstractmethod
    def __len__(self) -> int:
        """Number of samples."""

    @abstractmethod
    def native_size(self, index: int) -> tuple[int, int]:
        """(height, width) of a sample's images, without decoding them."""

    @abstractmethod
    def read(self, indices: Sequence[int]) -> Batch:
        """The samples at `indices`, which all have one native size, on the CPU.

        The same index gives the same bytes in any batch, order and process. Each task's target has one dtype and one
        number of channels in all samples: those of its `Task`.
        """

    def known(self, indices: Sequence[int]) -> dict[str, Tensor]:  # noqa: ARG002
        """What is known of the empty scenes of these samples, which all have one native size.

        By each name of `knows` N×1×H×W float32, NaN where it is not known. `background_depth` is the depth of the empty
        scene, in the unit of `depth`.

        It says nothing of the frame itself, so it is no part of `read`: only methods whose `Spec` line needs it, and
        networks that are guided by it, get it.
        """
        return {}

    @abstractmethod
    def splits(self) -> Splits:
        """Which samples are for training, validation and test."""

    def probe_indices(self) -> Sequence[int]:
        """Indices that suffice to check that all samples can be read, and to see every scene of every split.

        All samples by default. A data set that composes very many samples from a few files names fewer.

        Raises
            DataError: a file that no probe index needs cannot be read.
        """
        return range(len(self))

    def unused_files(self) -> Sequence[str]:
        """Files that belong to no sample though they should, one sentence each; `mdf data check` warns of them."""
        return ()

    def frame_range(self) -> tuple[int, int] | None:
        """The levels of frames of more than 8 bits that become black and white; None = all of 16 bits.

        A data set with such a range has an option `frame_range`. A run stores the range there, so that whatever uses
        the run reads frames the same way.
        """
        return None

    def read_as(self) -> Mapping[str, str]:
        """What each kind of its files is read as, in words: `{"mask": "palette: index 15 is foreground"}`.

        Raises
            DataError: the files do not say it.
        """
        return {}

    def doubts(self) -> Sequence[Doubt]:
        """What of its files may be meant otherwise than it is read; looks into them. Errors keep it from being used."""
        return ()

    @abstractmethod
    def fingerprint(self) -> str:
        """A hash of everything that decides its samples and splits."""


class SampleDataset(Dataset):
    """A data set that is read sample by sample, such as a folder of images."""

    parallel: bool = False
    """Whether several threads may call `sample` at once. This pays where decoders take most of the time: they let other
    threads run."""

    @abstractmethod
    def sample(self, index: int) -> Sample:
        """One sample."""

    def read(self, indices: Sequence[int]) -> Batch:
        """The samples at `indices`, stacked. If `parallel`, they are read by as many threads as PyTorch uses.

        A data set that reads another one for a sample does so in that sample's thread alone.
        """
        threads = torch.get_num_threads() if self.parallel else 1
        if min(threads, len(indices)) <= 1 or threading.current_thread().name.startswith(READER):
            return Batch.stack(self.sample(index) for index in indices)
        return Batch.stack(_readers(threads).map(self.sample, indices))


READER = "mdf-read"
"""How the names of reading threads begin. No reading thread waits for another one: if all waited, none would read."""


@cache
def _readers(threads: int) -> ThreadPoolExecutor:
    """The threads that read; they are used again for the next batches."""
    return ThreadPoolExecutor(threads, READER)


if hasattr(os, "register_at_fork"):  # a forked process has none of its parent's threads
    os.register_at_fork(after_in_child=_readers.cache_clear)
