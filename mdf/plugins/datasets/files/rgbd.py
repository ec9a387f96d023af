"""Which files of an RGB-D recording make a pair."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mdf.core.errors import DataError
from mdf.plugins.datasets.files.depth import DEPTH_ENDINGS
from mdf.plugins.datasets.files.images import listed
from mdf.plugins.datasets.files.unmatched import Unmatched, found

EMPTY = "background"
OCCUPIED = ("input", "image", "frame")


@dataclass(frozen=True, slots=True)
class Pair:
    """The files of one empty and one occupied scene.

    Attributes:
        name: the background's path without `.color` and ending.
        intrinsics: the file of the camera matrix, if there is one.
        intrinsics_name: the name of this file.
    """

    name: str
    bg: Path
    bg_depth: Path
    fg_bg: Path
    fg_bg_depth: Path
    intrinsics: Path | None
    intrinsics_name: str

    def images(self) -> Iterator[Path]:
        """All four images."""
        yield from (self.bg, self.bg_depth, self.fg_bg, self.fg_bg_depth)


def find_pairs(root: Path) -> list[Pair | Unmatched]:
    """Every pair in a folder and below it. A background without one of the other images is unmatched.

    Raises
        DataError: there is none.
    """
    files = listed(root, DEPTH_ENDINGS).files
    pairs = [found(_pair, root, stem.removesuffix(".color"), files) for stem in files if _is_background(stem)]
    if not pairs:
        raise DataError(
            f"rgbd-pairs: {root} holds no pair: no image is called <name>{EMPTY}<name>.color.png.",
            "Four images make a pair: X-background.color.png, X-background.depth.png, X-input.color.png, "
            "X-input.depth.png.",
        )
    return pairs


def _is_background(stem: str) -> bool:
    return stem.endswith(".color") and EMPTY in stem.rpartition("/")[2]


def _pair(root: Path, name: str, files: dict[str, Path]) -> Pair:
    words = [word for word in OCCUPIED if f"{_with(name, word)}.color" in files]
    if len(words) != 1:
        what = "no occupied scene" if not words else f"{len(words)} occupied scenes"
        raise DataError(
            f"rgbd-pairs: {files[f'{name}.color']} has {what}.",
            f"Call its frame {_with(name, 'input')}.color.png (or with {' or '.join(OCCUPIED[1:])}). Keep one.",
        )
    frame = _with(name, words[0])
    wanted = [f"{stem}.{kind}" for stem in (name, frame) for kind in ("color", "depth")]
    for stem in wanted:
        if stem not in files:
            raise DataError(f"rgbd-pairs: {root / stem}.png is missing.", "A pair needs colour and depth of both.")
    bg, bg_depth, fg_bg, fg_bg_depth = (files[stem] for stem in wanted)
    camera = [root / f"{_with(name, 'camera')}{joint}intrinsics.txt" for joint in (".", "-")]
    matrix = next((path for path in camera if os.path.isfile(path)), None)
    return Pair(name, bg, bg_depth, fg_bg, fg_bg_depth, matrix, camera[0].name)


def _with(name: str, word: str) -> str:
    """The name with `word` instead of its last `background`."""
    before, _, after = name.rpartition(EMPTY)
    return f"{before}{word}{after}"
