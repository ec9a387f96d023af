"""Image files that may be anything: size-checked before they are decoded, one clear error each."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mdf.core.errors import DataError

Pixels = np.ndarray[Any, np.dtype[np.uint8]]
Levels = np.ndarray[Any, np.dtype[np.int32]]

FORMATS = ("JPEG", "PNG", "BMP", "WEBP")
MAX_PIXELS = 64_000_000
"""Larger images are refused unread: a small file can unpack to gigabytes."""

LARGEST = {"1": 255, "L": 255, "RGB": 255, "I;16": 65535, "I;16B": 65535, "I;16L": 65535, "I": 65535}
"""The largest level of each kind of image that can hold one number a pixel."""


def image_size(path: Path) -> tuple[int, int]:
    """(height, width) from the file's header.

    Raises
        DataError: it is missing, no image, or larger than `MAX_PIXELS`.
    """
    with _open(path) as image:
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
    with _open(path) as image:
        if size:
            check_same(path, (image.height, image.width), size, like)
        return np.array(_decoded(path, image, mode), dtype=np.uint8)


def read_levels(path: Path, size: tuple[int, int] | None = None, like: str = "") -> tuple[Levels, int]:
    """What the file stores a pixel, H×W int32, and the largest level that its kind holds (255 or 65535).

    Raises
        DataError: as `read_image`; the image has colours, so that a pixel is not one number.
    """
    with _open(path) as image:
        if size:
            check_same(path, (image.height, image.width), size, like)
        largest = _largest(path, image)
        mode = "L" if image.mode == "1" else image.mode
        levels = np.array(_decoded(path, image, mode)).astype(np.int32)
    if levels.ndim == 3:
        if (levels != levels[..., :1]).any():
            raise _not_one_number(path, "a colour image")
        levels = levels[..., 0]
    if levels.min() < 0 or levels.max() > largest:
        raise _not_one_number(path, "an image of levels beyond 16 bit")
    return levels, largest


def largest_level(path: Path) -> int:
    """The largest level that the file's kind holds (255 or 65535), from its header.

    Raises
        DataError: as `image_size`; it is no kind of image that holds one number a pixel.
    """
    with _open(path) as image:
        return _largest(path, image)


def has_alpha(path: Path) -> bool:
    """Whether the file's header promises transparency."""
    with _open(path) as image:
        return image.has_transparency_data


def check_same(what: Path | str, found: tuple[int, int], wanted: tuple[int, int], like: str) -> None:
    """Raise `DataError` unless both sizes (height, width) are one."""
    if found != wanted:
        raise DataError(
            f"{what} is {found[1]}×{found[0]} pixels, {like} {wanted[1]}×{wanted[0]}.",
            "Images that belong together need one size: restore the original file, or scale it to that size.",
        )


def _largest(path: Path, image: Image.Image) -> int:
    if image.mode not in LARGEST:
        raise _not_one_number(path, f"an image of kind {image.mode}")
    return LARGEST[image.mode]


def _decoded(path: Path, image: Image.Image, mode: str) -> Image.Image:
    try:
        image.load()
        return image if image.mode == mode else image.convert(mode)
    except Exception as error:  # a damaged file makes decoders raise nearly anything
        raise _unreadable(path, error) from error


def _open(path: Path) -> Image.Image:
    """The image with only its header read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is lower
            image = Image.open(path, formats=FORMATS)
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing.", "Restore the file or check the path.") from error
    except Image.DecompressionBombError as error:
        raise _too_large(path, "far too many") from error
    except Exception as error:  # a damaged header makes the parsers raise nearly anything
        raise _unreadable(path, error) from error
    if image.width * image.height > MAX_PIXELS:
        image.close()
        raise _too_large(path, f"{image.width}×{image.height}")
    return image


def _too_large(path: Path, pixels: str) -> DataError:
    return DataError(
        f"{path} declares {pixels} pixels; more than {MAX_PIXELS // 1_000_000} megapixels are not decoded.",
        "Scale the image down, or remove it if it is not what it claims to be.",
    )


def _unreadable(path: Path, error: Exception) -> DataError:
    reason = str(error) or type(error).__name__
    return DataError(
        f"{path} cannot be read as an image ({reason}).",
        f"The file may be cut short: download or extract it again ({', '.join(FORMATS)} are read).",
    )


def _not_one_number(path: Path, what: str) -> DataError:
    return DataError(
        f"{path} is {what}; depth needs one number a pixel.",
        "Store depth as a grey image of 8 or 16 bit (PNG), not as a coloured picture of it.",
    )
