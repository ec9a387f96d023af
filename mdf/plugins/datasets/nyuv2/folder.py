"""NYUv2 as folders of photographs and depth images."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from mdf.core.dataset import Doubt
from mdf.core.errors import DataError
from mdf.core.image import Pixels, check_same, read_image
from mdf.core.natural import natural
from mdf.plugins.datasets.files.depth import (
    DEPTH_ENDINGS,
    Depth,
    DepthOptions,
    Flags,
    check_metres,
    largest_level,
    read_depth,
)
from mdf.plugins.datasets.files.depth_doubts import depth_doubts, depth_words
from mdf.plugins.datasets.files.images import images, listed, walk
from mdf.plugins.datasets.files.truth import fits, header_of, refuse_unclear, truth_size
from mdf.plugins.datasets.files.unmatched import check_some

Pair = tuple[Path, Path | None]
"""A photograph and its depth image, if there is one."""

COLOUR = ("rgb", "color", "colour", "image", "images")
BESIDE = ((re.compile(r"(.*/)?rgb_([^/]+)"), "{}sync_depth_{}"), (re.compile(r"(.*/)?([^/]+)_colors"), "{}{}_depth"))
"""Names of photographs, and of the depth images beside them."""
JPEG = (".jpg", ".jpeg")
EIGHT_BIT = 10 / 255
"""Metres a level of 8-bit depth images, as nyu_data.zip has them: 255 is 10 m."""
LAYOUTS = (
    "mdf reads scene folders with rgb_*.jpg and sync_depth_*.png, with X.jpg and X.png, or with X_colors.png and "
    "X_depth.png; or the folders rgb/ and depth/."
)


class PhotoFolder:
    """Photographs `rgb_X` beside `sync_depth_X`, `X.jpg` beside `X.png`, `X_colors` beside `X_depth`, or the folders
    `rgb/` and `depth/`.

    Raises
        DataError: the folder has no photographs, or none of them has a depth image that fits.
    """

    def __init__(self, root: Path, scale: float) -> None:
        self.root, self.scale = root, scale
        self._pairs = _split_folders(root) if os.path.isdir(root / "depth") else _side_by_side(root)
        if not self._pairs:
            raise DataError(f"nyuv2: {root} holds no photographs with depth.", LAYOUTS)
        self._names = list(self._pairs)
        self._header = lru_cache(None)(header_of)
        check_some(len(self._names), self._check)

    def scenes(self) -> list[str]:
        """The folder of each photograph, without the letter of its part."""
        return [scene_of(name.rpartition("/")[0] or self.root.name) for name in self._names]

    def name(self, index: int) -> str:
        """Its path without the ending."""
        return self._names[index]

    def size(self, index: int) -> tuple[int, int]:
        """(height, width), from its header."""
        return self._header(self._files(index)[0]).size

    def read(self, index: int) -> tuple[Pixels, Depth, Flags]:
        """Photograph, depth and validity."""
        photo, depth_file = self._files(index)
        header, like = self._header(photo), f"its photograph {photo.name}"
        if not _same_name(photo, depth_file):
            check_metres(depth_file)
        refuse_unclear(header, depth_file, "depth", "")
        depth, valid = read_depth(depth_file, self._options_of(photo, depth_file), header, like)
        return read_image(photo, "RGB", header.size, "its header says"), depth, valid

    def doubts(self) -> Iterator[Doubt]:
        """What is ambiguous or unusual about the depth images."""
        depths = [depth for _, depth in self._pairs.values() if depth]
        yield from depth_doubts(depths, self._options())

    def words(self) -> str:
        """How the depth images are read."""
        return depth_words(self._some()[1], self._options())

    def _some(self) -> tuple[Path, Path]:
        """A photograph with a depth image."""
        return next((photo, depth) for photo, depth in self._pairs.values() if depth)

    def _options(self) -> DepthOptions:
        photo, depth = self._some()
        return self._options_of(photo, depth)

    def _options_of(self, photo: Path, depth: Path) -> DepthOptions:
        largest = largest_level(depth)
        if largest == 0:
            return DepthOptions()
        eight_bit = largest <= 255 and _same_name(photo, depth)
        return DepthOptions(depth_scale=EIGHT_BIT if eight_bit else self.scale)

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
        header = header_of(photo)
        if not fits(size := truth_size(depth), header):
            check_same(depth, size, header.size, f"its photograph {photo.name}")
        if not _same_name(photo, depth):
            check_metres(depth)


def _same_name(photo: Path, depth: Path) -> bool:
    """Whether a depth image is beside its photograph and differs only in its ending. Then it may have 8 bits."""
    return photo.with_suffix("") == depth.with_suffix("")


def scene_of(name: str) -> str:
    """A scene's name without the letter of its part and without `_out`.

    >>> scene_of("kitchen_0001a"), scene_of("office_0012_out")
    ('kitchen_0001', 'office_0012')
    """
    return re.sub(r"([0-9])[a-z]$", r"\1", name.removesuffix("_out"))


def _side_by_side(root: Path) -> dict[str, Pair]:
    found: dict[str, list[Path]] = {}
    for name, path in walk(root):
        if path.name.lower().endswith(DEPTH_ENDINGS):
            found.setdefault(name, []).append(path)
    pairs = {name: pair for name, paths in found.items() if (pair := _pair(name, paths, found))}
    return {name: pairs[name] for name in natural(pairs)}


def _pair(name: str, paths: Sequence[Path], found: dict[str, list[Path]]) -> Pair | None:
    """The photograph of this name with its depth; None if it is not a photograph."""
    photos = [path for path in paths if path.suffix.lower() in JPEG]
    depths = [path for path in paths if path.suffix.lower() not in JPEG]
    for pattern, depth_name in BESIDE:
        if match := pattern.fullmatch(name):
            beside = found.get(depth_name.format(match[1] or "", match[2]), [])
            if len(paths) > 1 or len(beside) > 1:
                raise _ambiguous(paths if len(paths) > 1 else beside)
            return paths[0], beside[0] if beside else None
    if not photos or not depths:
        return None
    if len(photos) > 1 or len(depths) > 1:
        raise _ambiguous(paths)
    return photos[0], depths[0]


def _ambiguous(paths: Sequence[Path]) -> DataError:
    return DataError(
        f"nyuv2: {' and '.join(map(str, paths))} have one name: it is not clear which is the photograph and "
        "which the depth.",
        LAYOUTS,
    )


def _split_folders(root: Path) -> dict[str, Pair]:
    photos = next((root / name for name in COLOUR if os.path.isdir(root / name)), None)
    if photos is None:
        raise DataError(f"nyuv2: {root} has depth/ but no photographs.", f"Put them in {root / COLOUR[0]}.")
    depths = listed(root / "depth", DEPTH_ENDINGS).files
    return {name: (photo, depths.get(name)) for name, photo in images(photos).items()}
