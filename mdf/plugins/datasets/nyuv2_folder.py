"""NYUv2 as folders of photographs and depth images."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from mdf.core.errors import DataError
from mdf.core.image import Pixels, check_size, image_size, read_image
from mdf.plugins.datasets.depth_file import Depth, Flags, read_metres
from mdf.plugins.datasets.image_file import largest_level
from mdf.plugins.datasets.image_folder import images

COLOUR = ("rgb", "color", "colour", "image", "images")
BESIDE = re.compile(r"(.*/)?rgb_([^/]+)")


class PhotoFolder:
    """Photographs `rgb_X` beside `sync_depth_X`, or the folders `rgb/` and `depth/`.

    Raises
        DataError: the folder holds neither, or a photograph has no depth, or the first pair does not fit.
    """

    def __init__(self, root: Path, scale: float) -> None:
        self.root, self.scale = root, scale
        self._pairs = _split_folders(root) if os.path.isdir(root / "depth") else _side_by_side(root)
        if not self._pairs:
            raise DataError(
                f"nyuv2: {root} holds no photographs with depth.",
                "Read are scene folders with rgb_*.jpg and sync_depth_*.png, or the folders rgb/ and depth/.",
            )
        self._names = list(self._pairs)
        self._size = lru_cache(None)(image_size)
        photo, depth = self._pairs[self._names[0]]
        check_size(depth, image_size(photo), f"its photograph {photo.name}")
        if largest_level(depth) == 255:
            raise DataError(f"{depth} is of 8 bit; depth is read from 16 bit.", "Export depth as 16-bit PNG in mm.")

    def scenes(self) -> list[str]:
        """The folder of each photograph, without the letter of its part."""
        return [scene_of(name.rpartition("/")[0] or self.root.name) for name in self._names]

    def name(self, index: int) -> str:
        """Its path without the ending."""
        return self._names[index]

    def size(self, index: int) -> tuple[int, int]:
        """(height, width), from its header."""
        return self._size(self._pairs[self._names[index]][0])

    def read(self, index: int) -> tuple[Pixels, Depth, Flags]:
        """Photograph, depth and validity."""
        photo, depth_file = self._pairs[self._names[index]]
        size = self.size(index)
        depth, valid = read_metres(depth_file, self.scale, size, f"its photograph {photo.name}")
        return read_image(photo, "RGB", size, "its header says"), depth, valid

    def files(self) -> Iterator[tuple[str, Path]]:
        """Every photograph and depth image."""
        for pair in self._pairs.values():
            for path in pair:
                yield path.relative_to(self.root).as_posix(), path


def scene_of(name: str) -> str:
    """A scene's name without the letter of its part and without `_out`.

    >>> scene_of("kitchen_0001a"), scene_of("office_0012_out")
    ('kitchen_0001', 'office_0012')
    """
    return re.sub(r"([0-9])[a-z]$", r"\1", name.removesuffix("_out"))


def _side_by_side(root: Path) -> dict[str, tuple[Path, Path]]:
    found = images(root)
    pairs: dict[str, tuple[Path, Path]] = {}
    for name, photo in found.items():
        if match := BESIDE.fullmatch(name):
            depth = f"{match[1] or ''}sync_depth_{match[2]}"
            if depth not in found:
                raise _without_depth(photo, root / f"{depth}.png")
            pairs[name] = (photo, found[depth])
    return pairs


def _split_folders(root: Path) -> dict[str, tuple[Path, Path]]:
    photos = next((root / name for name in COLOUR if os.path.isdir(root / name)), None)
    if photos is None:
        raise DataError(f"nyuv2: {root} has depth/ but no photographs.", f"Put them in {root / COLOUR[0]}.")
    depths = images(root / "depth")
    pairs: dict[str, tuple[Path, Path]] = {}
    for name, photo in images(photos).items():
        if name not in depths:
            raise _without_depth(photo, root / "depth" / f"{name}.png")
        pairs[name] = (photo, depths[name])
    return pairs


def _without_depth(photo: Path, depth: Path) -> DataError:
    return DataError(f"nyuv2: {photo} has no depth: {depth} is missing.", "Restore it, or remove the photograph.")
