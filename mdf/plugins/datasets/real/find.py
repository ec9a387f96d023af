"""Finds the scenes below a folder, whatever layout each has, and says what is no scene though it looks like one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mdf.core.dataset import Dataset
from mdf.core.errors import DataError
from mdf.plugins.datasets.cdnet.dataset import CDnet
from mdf.plugins.datasets.files.images import entries
from mdf.plugins.datasets.folder.dataset import Folder
from mdf.plugins.datasets.lasiesta.dataset import Lasiesta
from mdf.plugins.datasets.lasiesta.sequence import MOVING_CAMERA, labels_of

LEVELS = 6
"""Folders below the given path in which scenes are looked for."""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder that looks like a scene; `layout` is the data set that reads it."""

    folder: Path
    layout: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A scene that cannot be read, and why."""

    name: str
    reason: str
    hint: str


def find_places(folder: Path, levels: int = LEVELS) -> Iterator[Place]:
    """Every folder below `folder`, or itself, that has the layout of a video of CDnet, that of `folder:`, or, where it
    has neither, that of a sequence of LASIESTA with a fixed camera.

    Raises DataError where a folder cannot be listed.
    """
    if _has(folder, "input", "groundtruth"):
        yield Place(folder, "cdnet")
    elif _has(folder, "bg", "fg_bg") or (folder / "pairs.csv").is_file():
        yield Place(folder, "folder")
    elif labels_of(folder) is not None:
        if not folder.name.startswith(MOVING_CAMERA):
            yield Place(folder, "lasiesta")
    elif levels:
        for entry in entries(folder):
            if entry.is_dir():
                yield from find_places(folder / entry.name, levels - 1)


def open_scenes(places: Sequence[Place], background_frames: int) -> tuple[dict[str, Dataset], list[LeftOut]]:
    """The data set of each place by the name of its scene, and those that cannot be opened."""
    opened: dict[str, Dataset] = {}
    left_out = []
    for name, place in zip(short_names([place.folder for place in places]), places, strict=True):
        try:
            opened[name] = _open(place, background_frames)
        except DataError as error:
            left_out.append(LeftOut(name, error.message, error.hint))
    return opened, left_out


def short_names(folders: Sequence[Path]) -> list[str]:
    """Each folder's own name; with as many of its parents' as distinguish all of them (`baseline/highway`)."""
    for parts in range(1, max((len(folder.parts) for folder in folders), default=1) + 1):
        names = ["/".join(folder.parts[-parts:]) for folder in folders]
        if len(set(names)) == len(names):
            return names
    return [folder.as_posix() for folder in folders]


def _open(place: Place, background_frames: int) -> Dataset:
    if place.layout == "cdnet":
        return CDnet(CDnet.Config(split="none", background_frames=background_frames), str(place.folder))
    if place.layout == "lasiesta":
        return Lasiesta(Lasiesta.Config(split="none", background_frames=background_frames), str(place.folder))
    found = Folder(Folder.Config(split="none"), str(place.folder))
    if "mask" not in found.tasks:
        raise DataError(f"{place.folder} has no masks to score.", "Add mask/, or labels of its frames.")
    return found


def _has(folder: Path, *names: str) -> bool:
    return all(os.path.isdir(folder / name) for name in names)
