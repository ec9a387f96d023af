"""Reads the levels of an image file exactly as the file stores them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mdf.core.errors import DataError
from mdf.core.image import load
from mdf.core.sixteen_bit import is_deep, is_white_at_zero, maximum_of, raw_mode

INT32 = 2**31 - 1
CODED = 2**24 - 1
"""The largest number that three channels of 8 bits code."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a file stores per pixel.

    Attributes:
        values: H×W uint8 or uint16 levels; int32, or float32.
        largest: the largest level of the file's number type: 1, 3, 15 or 255 for up to 8 bits; a PGM's own maximum;
            65535; `CODED`; `INT32`; 0 for floats, which have none.
    """

    values: NDArray[Any]
    largest: int


def largest_of(image: Image.Image) -> int | None:
    """`Stored.largest` from the image's header; None if a pixel is not one number."""
    raw = raw_mode(image)
    if image.mode == "1":
        return 1
    if image.mode == "F":
        return 0
    if (maximum := maximum_of(image)) is not None and image.mode in ("L", "I"):
        return maximum
    if image.mode == "L" or (image.mode == "RGB" and not is_deep(image)):
        return {"L;2": 3, "L;4": 15, "L;2I": 3, "L;4I": 15}.get(raw, 255)
    if image.mode.startswith("I;16") or (image.mode == "I" and raw.startswith("I;16") and not raw.endswith("S")):
        return 65535
    return INT32 if image.mode == "I" else None


def stored_levels(path: Path, image: Image.Image) -> Stored:
    """The levels of an open grey image (or of one with three equal channels) as its file stores them, without Pillow's
    scaling and inverting.

    Raises
        DataError: it is damaged; a pixel is not one number.
    """
    largest = largest_of(image)
    if largest is None:
        raise not_one_number(path, kind_of(image))
    scaled = maximum_of(image) is not None
    inverted = is_white_at_zero(image) and image.mode in ("1", "L")  # only for these, Pillow inverts the levels
    load(path, image)
    values = np.asarray(image)
    if values.ndim == 3:
        if (values != values[..., :1]).any():
            raise not_one_number(path, "a colour image")
        values = values[..., 0]
    if image.mode == "F":
        return Stored(values.astype(np.float32), 0)
    if image.mode == "1":
        return Stored((values != inverted).astype(np.uint8), 1)
    if inverted:
        values = 255 - values
    if scaled:  # Pillow has scaled them to 255 or 65535
        full = 65535 if image.mode == "I" else 255
        values = np.rint(values.astype(np.float64) * largest / full)
    elif largest in (3, 15):
        values = values // (255 // largest)
    return Stored(values.astype(_type(largest)), largest)


def is_lossy(path: Path, image: Image.Image) -> bool:
    """Whether the file's compression changes levels."""
    if image.format != "WEBP":
        return image.format in ("JPEG", "MPO", "AVIF", "HEIF")
    with path.open("rb") as file:
        return b"VP8L" not in file.read(2**16)


def check_coded(path: Path, image: Image.Image) -> None:
    """Raise DataError unless an open image has three channels of 8 bits that were compressed without loss."""
    lossless = image.format in ("PNG", "BMP", "TIFF", "PPM")
    if image.mode not in ("RGB", "RGBA") or is_deep(image) or not lossless:
        raise DataError(
            f"{path} is {kind_of(image)} ({image.format}); depth coded in colours is read from 8-bit colours that are "
            "stored without loss.",
            "Restore the file as it was written (PNG), or leave depth_from out.",
        )


def coded_levels(path: Path, image: Image.Image) -> Stored:
    """The numbers that an open image codes in its colours: red + 256 · green + 65536 · blue.

    Raises
        DataError: it is damaged, or does not have three channels of 8 bits.
    """
    check_coded(path, image)
    load(path, image)
    red, green, blue = (np.asarray(image.getchannel(n), np.int32) for n in range(3))
    return Stored(red | green << 8 | blue << 16, CODED)


def _type(largest: int) -> type[np.generic]:
    if largest == INT32:
        return np.int32
    return np.uint8 if largest <= 255 else np.uint16


def kind_of(image: Image.Image) -> str:
    """Describes a picture that has more than one number per pixel."""
    if is_deep(image):
        return f"a 16-bit {image.mode} image, of which one pixel is {len(image.getbands())} numbers"
    return {"P": "an image with a palette", "RGBA": "a colour image with alpha"}.get(
        image.mode, f"an image of kind {image.mode}"
    )


def not_one_number(path: Path, what: str) -> DataError:
    """The error for a picture in the place of depth."""
    return DataError(
        f"{path} is {what}; depth needs one number a pixel.",
        "Store depth as grey levels of 16 bit (PNG, TIFF), or as float TIFF, EXR, NPY or PFM, not as a coloured "
        "picture. Depth that CARLA codes in colours is read with depth_from = colours.",
    )
