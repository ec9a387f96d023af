"""Image files that may be anything: size-checked before they are decoded, one clear error each."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from mdf.core.errors import DataError

Pixels = np.ndarray[Any, np.dtype[np.uint8]]

FORMATS = ("JPEG", "PNG", "BMP", "WEBP")
MAX_PIXELS = 64_000_000
"""Larger images are refused unread: a small file can unpack to gigabytes."""


def image_size(path: Path) -> tuple[int, int]:
    """(height, width) from the file's header, as stored.

    Raises
        DataError: it is missing, no image, or larger than `MAX_PIXELS`.
    """
    with open_image(path) as image:
        return image.height, image.width


def check_size(path: Path, size: tuple[int, int], like: str) -> None:
    """Raise `DataError` unless the file's header says that it is of `size` (height, width), that of `like`."""
    check_same(path, image_size(path), size, like)


def read_image(path: Path, mode: str, size: tuple[int, int] | None = None, like: str = "") -> Pixels:
    """The pixels, palettes resolved, as stored (no rotation): H×W×3 uint8 for mode `RGB`, H×W×4 for `RGBA`,
    H×W for `L`.

    `size`, where it is given, is the (height, width) that it must have, that of `like`.

    Raises
        DataError: as `image_size`; not of that size; damaged or cut short.
    """
    with open_image(path) as image:
        if size:
            check_same(path, (image.height, image.width), size, like)
        return np.array(decoded(path, image, mode), dtype=np.uint8)


def read_photo(path: Path) -> Pixels:
    """The pixels as a viewer shows them, turned as the camera was held (EXIF): H×W×3 uint8 RGB.

    Raises
        DataError: as `image_size`; damaged or cut short.
    """
    with open_image(path) as image:
        return upright(path, image)


def upright(what: Path | str, image: Image.Image) -> Pixels:
    """An open image as `read_photo` gives it; `what` names it in errors.

    Raises
        DataError: larger than `MAX_PIXELS`; it cannot be decoded.
    """
    check_pixels(what, image)
    pixels = decoded(what, image, "RGB")
    with suppress(Exception):  # a damaged EXIF block makes its parser raise nearly anything, and tells no turn
        pixels = ImageOps.exif_transpose(pixels)
    return np.array(pixels, dtype=np.uint8)


def check_same(what: Path | str, found: tuple[int, int], wanted: tuple[int, int], like: str) -> None:
    """Raise `DataError` unless both sizes (height, width) are one."""
    if found != wanted:
        raise DataError(
            f"{what} is {found[1]}×{found[0]} pixels, {like} {wanted[1]}×{wanted[0]}.",
            "Images that belong together need one size: restore the original file, or scale it to that size.",
        )


def check_pixels(what: Path | str, image: Image.Image) -> None:
    """Raise `DataError` where an image has more than `MAX_PIXELS`."""
    if image.width * image.height > MAX_PIXELS:
        raise _too_large(what, f"{image.width}×{image.height}")


def open_image(path: Path) -> Image.Image:
    """The image with only its header read. Raises as `image_size`."""
    try:
        image = Image.open(path, formats=FORMATS)
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing.", "Restore the file or check the path.") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:  # Pillow's limit is the higher one
        raise _too_large(path, "far too many") from error
    except Exception as error:  # a damaged header makes the parsers raise nearly anything
        raise _unreadable(path, error) from error
    try:
        check_pixels(path, image)
    except DataError:
        image.close()
        raise
    return image


def decoded(what: Path | str, image: Image.Image, mode: str) -> Image.Image:
    """The image decoded, in `mode`; of 16 bits as colours the upper 8.

    Raises
        DataError: it is damaged or cut short; its levels have no range that colours could be made of.
    """
    if mode == "RGB" and image.mode in ("I", "F"):
        raise DataError(
            f"{what} is an image of 32-bit levels, whose black and white nothing tells.",
            "Scale its levels to 8 or 16 bit before you give it.",
        )
    try:
        image.load()
        if mode == "RGB" and image.mode.startswith("I;16"):  # which Pillow would cut off at 255
            image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        return image if image.mode == mode else image.convert(mode)
    except Exception as error:  # a damaged file makes decoders raise nearly anything
        raise _unreadable(what, error) from error


def _too_large(what: Path | str, pixels: str) -> DataError:
    return DataError(
        f"{what} declares {pixels} pixels; more than {MAX_PIXELS // 1_000_000} megapixels are not decoded.",
        "Scale the image down, or remove it if it is not what it claims to be.",
    )


def _unreadable(what: Path | str, error: Exception) -> DataError:
    reason = str(error) or type(error).__name__
    return DataError(
        f"{what} cannot be read as an image ({reason}).",
        f"The file may be cut short: download or extract it again ({', '.join(FORMATS)} are read).",
    )
