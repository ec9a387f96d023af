"""A test frame that is shown, and what a study's pictures consist of. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

GROUPS = ("worst", "median", "best")


@dataclass(frozen=True, slots=True)
class Frame:
    """One sample of the test split.

    Attributes:
        position: its place in the test split, from 0.
        id, scene, tags: what the data set says of it.
        group: `worst`, `median` or `best`, over all configurations together.
        scores: its score by trial id and column key; what was not measured is missing.
    """

    position: int
    id: str
    scene: str
    tags: tuple[str, ...]
    group: str
    scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drawn:
    """The pictures of one trial: by task, one WebP file a frame.

    `limits` are the values at the ends of each frame's scale, by task; `units` those values' unit.
    """

    pictures: Mapping[str, Sequence[str]]
    limits: Mapping[str, Sequence[Sequence[float]]]
    units: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Gallery:
    """All pictures of a study.

    Attributes:
        folder: where the files lie that the others name.
        frames: the frames, worst first.
        inputs: file names by title (`background`, `frame`), one a frame.
        truths: likewise by task.
        scales: by task a strip of its colours, from the lowest value to the highest.
        trials: what each trial made of them, by trial id.
        missing: why a trial has none, by trial id.
    """

    folder: Path
    frames: Sequence[Frame] = ()
    inputs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    truths: Mapping[str, Sequence[str]] = field(default_factory=dict)
    scales: Mapping[str, str] = field(default_factory=dict)
    trials: Mapping[str, Drawn] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
