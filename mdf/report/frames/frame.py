"""The frames that a report shows, and the files that hold their pictures. Plain data; torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

GROUPS = ("worst", "median", "best")


@dataclass(frozen=True, slots=True)
class Frame:
    """One sample of the test split.

    Attributes:
        position: its index in the test split.
        id, scene, tags: as the data set gives them.
        group: `worst`, `median` or `best`, over all configurations together.
        scores: its scores, by trial id and then by column key; those that were not measured are missing.
    """

    position: int
    id: str
    scene: str
    tags: tuple[str, ...]
    group: str
    scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrialPictures:
    """What one trial predicts, drawn.

    Attributes:
        files: by task one WebP file per frame; paths relative to the gallery's folder.
        limits: by task the (lowest, highest) value of each frame's colour scale.
        units: the unit of these values, by task.
    """

    files: Mapping[str, Sequence[str]]
    limits: Mapping[str, Sequence[tuple[float, float]]]
    units: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DrawnTrial:
    """What a worker drew for one trial: its predictions, and the inputs, truths and scales that all trials share."""

    pictures: TrialPictures
    inputs: Mapping[str, Sequence[str]]
    truths: Mapping[str, Sequence[str]]
    scales: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Gallery:
    """All pictures of a study.

    Attributes:
        folder: the folder that all file names are relative to.
        frames: worst first.
        inputs: by title (`background`, `frame`) one file per frame.
        truths: by task one file per frame.
        scales: by task a strip of its colours, from the lowest value to the highest.
        trials: the pictures of each trial, by id.
        missing: why a trial has no pictures, by id.
    """

    folder: Path
    frames: Sequence[Frame] = ()
    inputs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    truths: Mapping[str, Sequence[str]] = field(default_factory=dict)
    scales: Mapping[str, str] = field(default_factory=dict)
    trials: Mapping[str, TrialPictures] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
