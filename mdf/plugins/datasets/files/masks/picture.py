"""Decodes one mask file to what it stores: levels, palette indices or colours, and transparency."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mdf.core.errors import DataError
from mdf.core.image import load, open_image
from mdf.core.orientation import UPRIGHT, orientation_of, tag_of, turned
from mdf.core.sixteen_bit import deep_colours, deep_grey, is_deep, is_white_at_zero
from mdf.plugins.datasets.files.arrays import ARRAYS, read_array
from mdf.plugins.datasets.files.levels import is_lossy, stored_levels

Kind = Literal["levels", "index", "colour"]
CHROMA = 24
"""Largest difference between the channels of a grey picture after lossy compression, in levels."""


@dataclass(frozen=True, slots=True)
class MaskPicture:
    """What a mask file stores, as people see it (rotated by its own EXIF tag).

    Attributes:
        kind: what `values` are: grey levels, indices into a palette, or colours.
        values: H×W; levels and indices uint8 or uint16, colours int32 (red · 65536 + green · 256 + blue).
        largest: the largest level of the file's number type: 1, 3, 15, 255, 65535, or a PGM's own maximum.
        palette: the colour of each index, int32; None without a palette.
        alpha: H×W uint8, 255 = opaque; None if the file has no transparency.
        lossy: whether it was compressed with loss, so that levels have changed.
        white_at_zero: whether it is a TIFF that declares level 0 as white. `values` are as stored.
        tagged: whether the file has an EXIF tag that rotated it.
    """

    kind: Kind
    values: NDArray[Any]
    largest: int = 255
    palette: NDArray[np.int32] | None = None
    alpha: NDArray[np.uint8] | None = None
    lossy: bool = False
    white_at_zero: bool = False
    tagged: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.values.shape[0], self.values.shape[1]

    def colours(self) -> NDArray[np.int32]:
        """H×W int32 colours, also if levels or indices are stored."""
        if self.kind == "colour":
            return self.values.astype(np.int32)
        if self.palette is not None:
            return np.asarray(self.palette[self.values], np.int32)
        grey = self.values.astype(np.int32) * 255 // self.largest
        return grey * 0x010101


def read_picture(path: Path) -> MaskPicture:
    """Decode a mask file.

    Raises
        DataError: it is not an image or array, is too large or damaged, or is of a kind that a mask cannot be.
    """
    if path.suffix.lower() in ARRAYS:
        return _of_array(path, read_array(path))
    with open_image(path) as image:
        orientation, tagged, lossy = orientation_of(image), tag_of(image) != UPRIGHT, is_lossy(path, image)
        picture = _colours(path, image) if _has_colours(image) else _numbers(path, image)
    alpha = None if picture.alpha is None else turned(picture.alpha, orientation)
    return replace(picture, values=turned(picture.values, orientation), alpha=alpha, lossy=lossy, tagged=tagged)


def _has_colours(image: Image.Image) -> bool:
    return image.mode not in ("1", "L", "LA", "I", "F", "P", "PA") and not image.mode.startswith("I;16")


def _numbers(path: Path, image: Image.Image) -> MaskPicture:
    """A file with one number per pixel: levels, or indices into a palette."""
    has_alpha = image.mode in ("1", "L", "LA", "P", "PA") and image.has_transparency_data
    palette, white_at_zero = None, is_white_at_zero(image)
    if image.mode == "F":
        load(path, image)
        return _of_array(path, deep_grey(image))
    stored = None if image.mode in ("P", "PA", "LA") else stored_levels(path, image)
    load(path, image)
    alpha = np.asarray(image.convert("RGBA"))[..., 3] if has_alpha else None
    if image.mode in ("P", "PA"):
        palette = _palette(image)
        indices = image if image.mode == "P" else image.getchannel(0)
        return MaskPicture("index", np.asarray(indices), palette=palette, alpha=alpha)
    if stored is None:
        return MaskPicture("levels", np.asarray(image.getchannel(0)), alpha=alpha)
    if stored.values.dtype.kind != "u":
        return _of_array(path, stored.values, alpha)
    return MaskPicture("levels", stored.values, stored.largest, alpha=alpha, white_at_zero=white_at_zero)


def _palette(image: Image.Image) -> NDArray[np.int32]:
    flat = np.array(image.getpalette("RGB") or [], np.int32).reshape(-1, 3)[:256]
    colours = np.zeros((256, 3), np.int32)
    colours[: len(flat)] = flat
    return _code(colours)


def _code(colours: NDArray[Any]) -> NDArray[np.int32]:
    wide = colours.astype(np.int32)
    return wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]


def _colours(path: Path, image: Image.Image) -> MaskPicture:
    alpha = None
    if is_deep(image):
        with open_image(path) as again:
            load(path, image)
            levels = deep_colours(image, again)
        if levels is None or ((levels >> 8) != (levels & 255)).any():
            raise DataError(
                f"{path} is a mask in colours of 16 bit.", "Save it with 8 bits a channel, or as 16-bit grey levels."
            )
    load(path, image)
    pixels = np.asarray(image.convert("RGBA" if image.has_transparency_data else "RGB"))
    if pixels.shape[2] == 4:
        alpha = pixels[..., 3]
    return MaskPicture("colour", _code(pixels), alpha=alpha)


def _of_array(path: Path, array: NDArray[Any], alpha: NDArray[np.uint8] | None = None) -> MaskPicture:
    """A mask stored as numbers of any type: true and false, whole numbers up to 65535, or shares from 0 to 1."""
    if array.dtype == np.bool_:
        return MaskPicture("levels", array.astype(np.uint8), 1, alpha=alpha)
    low, high = (float(array.min()), float(array.max())) if array.size else (0.0, 0.0)
    if array.dtype.kind == "f":
        if not (low >= 0 and high <= 1):  # NaN is neither
            raise DataError(
                f"{path} is a mask of fractions from {low:g} to {high:g}.",
                "Fractions say how far a pixel is foreground, 0 to 1; save labels as whole numbers.",
            )
        return MaskPicture("levels", (array * 65535).round().astype(np.uint16), 65535, alpha=alpha)
    if low < 0 or high > 65535:
        raise DataError(
            f"{path} is a mask of whole numbers from {low:g} to {high:g}; mdf reads 0 to 65535.",
            "Number its labels from 0, and give pixels that do not count a label of their own (mask_ignore).",
        )
    small = array.dtype == np.uint8
    return MaskPicture("levels", array.astype(np.uint8 if small else np.uint16), 255 if small else 65535, alpha=alpha)
