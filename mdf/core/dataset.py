"""The contract of data sets: samples and splits."""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Literal

import torch
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.sample import Batch, Sample

SplitName = Literal["train", "val", "test"]


@dataclass(frozen=True, slots=True)
class Splits:
    """Indices of each split. `by = "scene"`: no scene is in two splits. `by = "time"`: one camera, blocks of
    time with a gap between them; its scores are marked scene-specific."""

    train: Sequence[int]
    val: Sequence[int]
    test: Sequence[int]
    by: Literal["scene", "time"] = "scene"

    def of(self, name: SplitName) -> Sequence[int]:
        """The indices of one split."""
        return {"train": self.train, "val": self.val, "test": self.test}[name]


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
    """Samples and splits. Constructed as `Dataset(config, variant)`, `variant` being what stood after the
    colon (a path, mostly) or "".

    Constructing it is cheap: it checks that its files are there and decodes nothing.
    """

    class Config(ComponentConfig):
        """No options."""

    tasks: tuple[str, ...]
    """The targets that its samples hold."""

    units: Mapping[str, str]
    """Unit of a task's values where it has one: `{"depth": "m"}`, or `"relative"`."""

    cached: bool = False
    """Whether reading is dear enough that it is decoded once into the uint8 cache."""

    synthetic: bool = False
    """Whether every scene is drawn anew: no two can be one place, however much they look alike."""

    knows: tuple[str, ...] = ()
    """What it can tell of its empty scenes besides their images: the names of `known`."""

    @abstractmethod
    def __len__(self) -> int:
        """Number of samples."""

    @abstractmethod
    def native_size(self, index: int) -> tuple[int, int]:
        """(height, width) of a sample's images, without decoding them."""

    @abstractmethod
    def read(self, indices: Sequence[int]) -> Batch:
        """The samples at `indices`, which all have one native size, on the CPU.

        The same index gives the same bytes whatever the batch, the process or the order.
        """

    def known(self, indices: Sequence[int]) -> dict[str, Tensor]:  # noqa: ARG002
        """What is known of the empty scenes of these samples, which all have one native size: N×1×H×W float32 by each
        name of `knows`, NaN where it is not known.

        `background_depth` is the depth of the empty scene, in the unit of `depth`. It is no truth of the frame: asked
        for only by methods whose `Spec` line needs it, never part of `read`, and kept in no cache.
        """
        return {}

    @abstractmethod
    def splits(self) -> Splits:
        """Which samples train, choose and test."""

    def probe_indices(self) -> Sequence[int]:
        """Samples that show, when they are read, whether all can be, and each scene of each split: all of them, but of
        samples without number that are composed of a few files.

        Raises
            DataError: a file that no witness needs cannot be read.
        """
        return range(len(self))

    def unused_files(self) -> Sequence[str]:
        """Its files that should belong to a sample and do not, each in a sentence: `mdf data check` warns of them."""
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
    """Whether several threads may call `sample` at once; it pays where most of the time is spent in decoders, which
    let other threads run."""

    @abstractmethod
    def sample(self, index: int) -> Sample:
        """One sample."""

    def read(self, indices: Sequence[int]) -> Batch:
        """The samples at `indices`, stacked; where they may be, read by as many threads as PyTorch works with.
        Another data set that is read for a sample is read by that sample's thread alone."""
        threads = torch.get_num_threads() if self.parallel else 1
        if min(threads, len(indices)) <= 1 or threading.current_thread().name.startswith(READER):
            return Batch.stack(self.sample(index) for index in indices)
        return Batch.stack(_readers(threads).map(self.sample, indices))


READER = "mdf-read"
"""How the names of reading threads begin. None of them waits for another: all might, and none be left to read."""


@cache
def _readers(threads: int) -> ThreadPoolExecutor:
    """The threads that read, kept for the batches to come."""
    return ThreadPoolExecutor(threads, READER)


if hasattr(os, "register_at_fork"):  # a forked process has none of its parent's threads
    os.register_at_fork(after_in_child=_readers.cache_clear)
