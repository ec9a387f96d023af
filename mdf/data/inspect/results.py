"""What is found out about a data set, as plain values. Torch-free: the parent process and the command line read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class SizeCount:
    """How many samples have images of one size."""

    height: int
    width: int
    samples: int


@dataclass(frozen=True, slots=True)
class SplitCount:
    """How many samples one split has, and how many scenes were seen among those that were read."""

    samples: int
    scenes: int


@dataclass(frozen=True, slots=True)
class Range:
    """Least, median and greatest of a number over the samples that were read."""

    min: float
    median: float
    max: float


@dataclass(frozen=True, slots=True)
class TargetStatistics:
    """What the targets of one task hold, over the samples that were read.

    Attributes:
        valid_share: mean share of valid pixels, 0–1.
        without_valid: samples without a valid pixel.
        empty: samples whose target shows nothing, as a mask without foreground does.
        measures: what `range` is of, e.g. `foreground`; empty = the values themselves.
        unit: unit of `range`; empty where there is none.
        range: None where no sample has a valid pixel.
    """

    valid_share: float
    without_valid: int
    empty: int
    measures: str
    unit: str
    range: Range | None


@dataclass(frozen=True, slots=True)
class CacheFolder:
    """A filled cache and its size on disk."""

    folder: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Normalisation:
    """Mean and standard deviation of the training frames' red, green and blue, 0–1."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class DataInfo:
    """What a data set holds.

    Attributes:
        data: its name, as it was asked for.
        samples: how many it has.
        read, unreadable: how many were read for this, and how many of those that were tried cannot be.
        fingerprint: a hash of everything that decides its samples and splits.
        tasks: its tasks with the unit of each, empty where there is none.
        sizes: sizes of its images, the most frequent first; a sample whose size cannot be read is not counted.
        split_by: how it is split; None where it has no splits, and `no_splits` says why.
        read_as: what each kind of its files is read as, in words.
        splits: by split; empty where there are none.
        scenes: scenes among the samples that were read.
        tags: samples with each condition, among those that were read.
        targets: by task.
        normalisation: of the training frames that were read; None where none was.
        cache: its cache; None where that is not filled. `wants_cache`: whether a study fills it.
    """

    data: str
    samples: int
    read: int
    unreadable: int
    fingerprint: str
    tasks: Mapping[str, str]
    sizes: tuple[SizeCount, ...]
    split_by: Literal["scene", "time"] | None
    no_splits: str
    read_as: Mapping[str, str]
    splits: Mapping[str, SplitCount]
    scenes: int
    tags: Mapping[str, int]
    targets: Mapping[str, TargetStatistics]
    normalisation: Normalisation | None
    cache: CacheFolder | None
    wants_cache: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a data set: what, where, and the cure.

    Attributes:
        level: an `error` makes scores wrong or training impossible; a `warning` should be known.
        kind: the sort of finding, e.g. `unreadable` or `leak`.
        what: the file or sample, and what is wrong with it.
        cure: what to do about it.
    """

    level: Literal["error", "warning"]
    kind: str
    what: str
    cure: str


@dataclass(frozen=True, slots=True)
class DataCheck:
    """What is wrong with a data set.

    Attributes:
        data: its name, as it was asked for.
        samples, read: how many it has, and how many of them can be read.
        seconds: how long reading took.
        split_by: how it is split; None where it has no splits.
        backgrounds: different background pictures.
        empty: by task, samples whose target shows nothing (no fault, but worth knowing).
        without_valid: by task, samples without a valid pixel.
        read_as: what each kind of its files is read as, in words.
        errors, warnings: how many findings of each level there are.
        findings: the errors, then the warnings.
    """

    data: str
    samples: int
    read: int
    seconds: float
    split_by: Literal["scene", "time"] | None
    backgrounds: int
    empty: Mapping[str, int]
    without_valid: Mapping[str, int]
    read_as: Mapping[str, str]
    errors: int
    warnings: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ShownSample:
    """A sample in a picture."""

    id: str
    scene: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DataPicture:
    """What a picture of a data set shows.

    Attributes:
        columns: the titles: `background`, `frame`, and `TASK: true` for each task.
        size: (height, width) of each panel.
        samples: one a row.
        not_drawn: tasks that no head on offer knows.
    """

    columns: tuple[str, ...]
    size: tuple[int, int]
    samples: tuple[ShownSample, ...]
    not_drawn: tuple[str, ...]
