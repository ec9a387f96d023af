"""Rotates masks and depth maps like their frames, as people see them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np

from mdf.core.errors import DataError
from mdf.core.image import check_same, image_size, open_image
from mdf.core.orientation import ON_ITS_SIDE, UPRIGHT, tag_of, turned, upright_size
from mdf.core.sixteen_bit import is_deep
from mdf.plugins.datasets.files.arrays import ARRAYS, array_size
from mdf.plugins.datasets.files.exr import exr_size

Kind = TypeVar("Kind", bound=np.generic)
Orientation = Literal["upright", "stored"]


@dataclass(frozen=True, slots=True)
class Header:
    """What a photo's header says.

    Attributes:
        size: (height, width) as people see it.
        tag: its EXIF orientation, 1 if it has none.
        deep: whether it has more than 8 bits per channel.
    """

    size: tuple[int, int]
    tag: int = UPRIGHT
    deep: bool = False

    @property
    def sizes_tell(self) -> bool:
        """Whether the size of a mask or depth shows if it is stored upright or like the photo."""
        return self.tag == UPRIGHT or (self.tag in ON_ITS_SIDE and self.size[0] != self.size[1])


def header_of(path: Path) -> Header:
    """A photo's header.

    Raises
        DataError: it is missing, not an image, or too large.
    """
    with open_image(path) as image:
        return Header(upright_size(image), UPRIGHT if image.format == "HEIF" else tag_of(image), is_deep(image))


def truth_size(path: Path) -> tuple[int, int]:
    """(height, width) of a mask or depth file, from its header. Raises DataError if it cannot be read."""
    ending = path.suffix.lower()
    if ending in ARRAYS:
        return array_size(path)
    return exr_size(path) if ending == ".exr" else image_size(path)


def has_tag(path: Path) -> bool:
    """Whether a mask or depth file has its own EXIF rotation."""
    if path.suffix.lower() in (*ARRAYS, ".exr", ".json", ".xml"):
        return False
    with open_image(path) as image:
        return tag_of(image) != UPRIGHT


def fits(size: tuple[int, int], photo: Header) -> bool:
    """Whether a mask or depth of this size can belong to the photo, stored upright or like the photo."""
    return size == photo.size or (photo.tag in ON_ITS_SIDE and size == photo.size[::-1])


def placed(
    values: np.ndarray[tuple[int, ...], np.dtype[Kind]],
    photo: Header,
    tagged: bool,
    declared: Orientation | None,
    path: Path,
    like: str,
) -> np.ndarray[tuple[int, ...], np.dtype[Kind]]:
    """A mask or depth H×W as people see it. `tagged`: its own rotation was already applied.

    If its size does not show how it is stored, it is read as upright: see `Header.sizes_tell`.

    Raises
        DataError: its size is not that of the photo, `like`.
    """
    size = values.shape[0], values.shape[1]
    if photo.tag != UPRIGHT and not tagged:
        on_its_side = declared is None and photo.sizes_tell and size != photo.size and fits(size, photo)
        if declared == "stored" or on_its_side:
            values = turned(values, photo.tag)
    check_same(path, (values.shape[0], values.shape[1]), photo.size, like)
    return values


def refuse_unclear(photo: Header, path: Path, what: str, option: str) -> None:
    """Raise DataError if the sizes do not show whether a mask or depth is stored upright or like its photo."""
    if not photo.sizes_tell and not has_tag(path):
        cure = f"Set {option} to upright or to stored." if option else "Store both upright, without the tag."
        raise DataError(
            f"The photo of {path} is turned by its EXIF tag (orientation {photo.tag}), and their sizes do not show "
            f"whether its {what} is stored upright or turned with it.",
            cure,
        )
