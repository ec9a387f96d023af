"""Backgrounds: photographs of empty scenes, with or without measured depth."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mdf.core.errors import DataError
from mdf.core.image import check_same, image_size
from mdf.core.image_formats import ENDINGS
from mdf.plugins.datasets.files.depth import DEPTH_ENDINGS, check_metres
from mdf.plugins.datasets.files.images import images, listed
from mdf.plugins.datasets.files.truth import fits, header_of, truth_size

COLOUR = ("color", "colour", "rgb", "image")


@dataclass(frozen=True, slots=True)
class Background:
    """The files of one background; `depth` is None if it has no depth."""

    name: str
    colour: Path
    depth: Path | None

    def files(self) -> Iterator[tuple[str, Path]]:
        """The role of each file, and the file."""
        yield f"background {self.name}", self.colour
        if self.depth:
            yield f"depth {self.name}", self.depth


def find_backgrounds(root: Path, with_depth: bool) -> list[Background]:
    """The backgrounds of a folder, with checked headers. Either all have depth or none has. Without `with_depth`, depth
    is ignored.

    Raises
        DataError: there are none; one has no depth but others have; a depth does not fit.
    """
    colours, depths = _files(root)
    if not with_depth or depths is None:
        found = [Background(name, path, None) for name, path in colours.items()]
    else:
        found = [_measured(name, colours, depths, root) for name in colours | depths]
    if not found:
        raise DataError(f"composite: {root} holds no backgrounds.", LAYOUTS)
    for background in found:
        image_size(background.colour)
    return found


LAYOUTS = (
    "Give a folder of images; or one with color/ and depth/, or bg/ and bg_depth/, matched by name; or with "
    "X.depth.png beside each X.color.png or X.jpg. Depth is 16-bit PNG or TIFF, or a float file (TIFF, EXR, NPY, PFM) "
    "in metres."
)
WITHOUT = "To go without depth, set `depth` to false."


def _files(root: Path) -> tuple[dict[str, Path], dict[str, Path] | None]:
    """The colour images by the names of their backgrounds; also the depths, if the folder has some."""
    colour = next((root / name for name in COLOUR if os.path.isdir(root / name)), None)
    for photos, measured in ((colour, root / "depth"), (root / "bg", root / "bg_depth")):
        if photos and os.path.isdir(photos) and os.path.isdir(measured):
            colours = images(photos)
            depths = listed(measured, DEPTH_ENDINGS).files
            return colours, {name: path for name, path in depths.items() if name in colours}
    found = listed(root / "bg" if os.path.isdir(root / "bg") else root, DEPTH_ENDINGS).files
    depths = _called(".depth", found)
    if not depths:
        return {name: path for name, path in found.items() if path.suffix.lower() in ENDINGS}, None
    # beside X.color.png lies more than depth; beside X.jpg nothing else
    colours = _called(".color", found) or {name: path for name, path in found.items() if not name.endswith(".depth")}
    names = measured_backgrounds(depths.keys() | colours.keys())
    return {n: colours[n] for n in names if n in colours}, {n: depths[n] for n in names if n in depths}


def _called(ending: str, found: dict[str, Path]) -> dict[str, Path]:
    return {name.removesuffix(ending): path for name, path in found.items() if name.endswith(ending)}


def _measured(name: str, colours: dict[str, Path], depths: dict[str, Path], root: Path) -> Background:
    """A background with its depth. The header of the depth is checked."""
    if name not in colours:
        raise DataError(f"composite: {depths[name]} has no image {name}.color.png beside it.", LAYOUTS)
    if name not in depths:
        raise DataError(f"composite: {colours[name]} has no depth in {root}.", f"{LAYOUTS} {WITHOUT}")
    try:
        header = header_of(colours[name])
        if not fits(size := truth_size(depths[name]), header):
            check_same(depths[name], size, header.size, f"its background {colours[name].name}")
        check_metres(depths[name])
    except DataError as error:
        raise DataError(error.message, f"{error.hint} {WITHOUT}") from error
    return Background(name, colours[name], depths[name])


def measured_backgrounds(names: set[str]) -> list[str]:
    """Those with `background` in their names; all of them if no name has it."""
    called = sorted(name for name in names if "background" in name.rpartition("/")[2])
    return called or sorted(names)
