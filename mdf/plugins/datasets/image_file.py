"""Image files that may be anything: size-checked before they are decoded, one clear error each."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mdf.core.errors import DataError

FORMATS = ("JPEG", "PNG", "BMP")
MAX_PIXELS = 64_000_000
"""Larger images are refused unread: a small file can unpack to gigabytes."""


def image_size(path: Path) -> tuple[int, int]:
    """(height, width) from the file's header.

    Raises
        DataError: it is missing, no image, or larger than `MAX_PIXELS`.
    """
    with _open(path) as image:
        return image.height, image.width


def check_size(path: Path, size: tuple[int, int]) -> None:
    """Raise `DataError` unless the file's header says that it is of `size` (height, width)."""
    _check(path, image_size(path), size)


def read_image(path: Path, mode: str, size: tuple[int, int]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The pixels, palettes resolved: H×W×3 uint8 for mode `RGB`, H×W uint8 for mode `L`.

    Raises
        DataError: as `image_size`; not of `size` (height, width); damaged or cut short.
    """
    with _open(path) as image:
        _check(path, (image.height, image.width), size)
        try:
            return np.array(image.convert(mode), dtype=np.uint8)
        except Exception as error:  # a damaged file makes decoders raise nearly anything
            raise _unreadable(path, error) from error


def _check(path: Path, found: tuple[int, int], wanted: tuple[int, int]) -> None:
    if found != wanted:
        raise DataError(
            f"{path} is {found[1]}×{found[0]} pixels, the first frame of its video {wanted[1]}×{wanted[0]}.",
            "Frames, ground truths, ROI and background of one video need one size: restore the original file.",
        )


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
