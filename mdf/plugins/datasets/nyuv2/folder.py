"""NYUv2 as folders of photographs and depth images."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from mdf.core.errors import DataError
from mdf.core.image import Pixels, check_size, image_size, read_image
from mdf.plugins.datasets.files.depth import Depth, Flags, check_metres, read_metres
from mdf.plugins.datasets.files.images import images
from mdf.plugins.datasets.files.unmatched import check_some

Pair = tuple[Path, Path | None]
"""A photograph and its depth image, where there is one."""

COLOUR = ("rgb", "color", "colour", "image", "images")
BESIDE = re.compile(r"(.*/)?rgb_([^/]+)")


class PhotoFolder:
    """Photographs `rgb_X` beside `sync_depth_X`, or the folders `rgb/` and `depth/`.

    Raises
        DataError: the folder holds neither, or none of its photographs has a depth image that fits.
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
        check_some(len(self._names), self._check)

    def scenes(self) -> list[str]:
        """The folder of each photograph, without the letter of its part."""
        return [scene_of(name.rpartition("/")[0] or self.root.name) for name in self._names]

    def name(self, index: int) -> str:
        """Its path without the ending."""
        return self._names[index]

    def size(self, index: int) -> tuple[int, int]:
        """(height, width), from its header."""
        return self._size(self._files(index)[0])

    def read(self, index: int) -> tuple[Pixels, Depth, Flags]:
        """Photograph, depth and validity."""
        photo, depth_file = self._files(index)
        size = self.size(index)
        depth, valid = read_metres(depth_file, self.scale, size, f"its photograph {photo.name}")
        return read_image(photo, "RGB", size, "its header says"), depth, valid

    def files(self) -> Iterator[tuple[str, Path]]:
        """Every photograph and depth image."""
        for path in (path for pair in self._pairs.values() for path in pair if path):
            yield path.relative_to(self.root).as_posix(), path

    def _files(self, index: int) -> tuple[Path, Path]:
        photo, depth = self._pairs[self._names[index]]
        if depth is None:
            raise DataError(f"nyuv2: {photo} has no depth image.", "Restore it, or remove the photograph.")
        return photo, depth

    def _check(self, index: int) -> None:
        photo, depth = self._files(index)
        check_size(depth, image_size(photo), f"its photograph {photo.name}")
        check_metres(depth)


def scene_of(name: str) -> str:
    """A scene's name without the letter of its part and without `_out`.

    >>> scene_of("kitchen_0001a"), scene_of("office_0012_out")
    ('kitchen_0001', 'office_0012')
    """
    return re.sub(r"([0-9])[a-z]$", r"\1", name.removesuffix("_out"))


def _side_by_side(root: Path) -> dict[str, Pair]:
    found = images(root)
    return {
        name: (photo, found.get(f"{match[1] or ''}sync_depth_{match[2]}"))
        for name, photo in found.items()
        if (match := BESIDE.fullmatch(name))
    }


def _split_folders(root: Path) -> dict[str, Pair]:
    photos = next((root / name for name in COLOUR if os.path.isdir(root / name)), None)
    if photos is None:
        raise DataError(f"nyuv2: {root} has depth/ but no photographs.", f"Put them in {root / COLOUR[0]}.")
    depths = images(root / "depth")
    return {name: (photo, depths.get(name)) for name, photo in images(photos).items()}
