"""Backgrounds: photographs of empty scenes, with or without measured depth."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mdf.core.errors import DataError
from mdf.core.image import check_size, image_size
from mdf.plugins.datasets.depth_file import check_metres
from mdf.plugins.datasets.image_folder import images

COLOUR = ("color", "colour", "rgb", "image")


@dataclass(frozen=True, slots=True)
class Background:
    """The files of one background; `depth` is None where there is no depth of it."""

    name: str
    colour: Path
    depth: Path | None

    def files(self) -> Iterator[tuple[str, Path]]:
        """What each file is for, and the file."""
        yield f"background {self.name}", self.colour
        if self.depth:
            yield f"depth {self.name}", self.depth


def find_backgrounds(root: Path) -> list[Background]:
    """The backgrounds of a folder, all with depth or all without, their headers checked.

    Raises
        DataError: there are none, or one has no depth while others have, or a depth does not fit.
    """
    found = list(_found(root))
    if not found:
        raise DataError(f"composite: {root} holds no backgrounds.", LAYOUTS)
    for background in found:
        size = image_size(background.colour)
        if background.depth:
            check_size(background.depth, size, f"its background {background.colour.name}")
            check_metres(background.depth)
    return found


LAYOUTS = (
    "Give a folder of images; or one with color/ and depth/, or bg/ and bg_depth/, matched by name; or with "
    "X.depth.png beside each X.color.png or X.jpg. Depth is 16-bit PNG."
)


def _found(root: Path) -> Iterator[Background]:
    colour = next((root / name for name in COLOUR if os.path.isdir(root / name)), None)
    for photos, depths in ((colour, root / "depth"), (root / "bg", root / "bg_depth")):
        if photos and os.path.isdir(photos) and os.path.isdir(depths):
            yield from _measured(images(photos), images(depths), depths)
            return
    found = images(root / "bg" if os.path.isdir(root / "bg") else root)
    measured = {name.removesuffix(".depth"): path for name, path in found.items() if name.endswith(".depth")}
    if not measured:
        yield from (Background(name, path, None) for name, path in found.items())
        return
    colours = {name.removesuffix(".color"): path for name, path in found.items() if not name.endswith(".depth")}
    for name in measured_backgrounds(measured.keys() | colours.keys()):
        if name not in colours:
            raise DataError(f"composite: {measured[name]} has no image {name}.color.png beside it.", LAYOUTS)
        yield from _measured({name: colours[name]}, measured, root)


def _measured(photos: dict[str, Path], depths: dict[str, Path], folder: Path) -> Iterator[Background]:
    for name, path in photos.items():
        if name not in depths:
            raise DataError(f"composite: {path} has no depth in {folder}.", LAYOUTS)
        yield Background(name, path, depths[name])


def measured_backgrounds(names: set[str]) -> list[str]:
    """Those that say `background` where some do; else all are."""
    called = sorted(name for name in names if "background" in name.rpartition("/")[2])
    return called or sorted(names)
