"""What data sets ask of image files beyond their colours: levels of depth, transparency."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mdf.core.errors import DataError
from mdf.core.image import check_same, decoded, open_image

Levels = np.ndarray[Any, np.dtype[Any]]

LARGEST = {"1": 255, "L": 255, "RGB": 255, "I;16": 65535, "I;16B": 65535, "I;16L": 65535, "I": 65535}
"""The largest level of each kind of image that can hold one number a pixel."""


def read_levels(path: Path, size: tuple[int, int] | None = None, like: str = "") -> tuple[Levels, int]:
    """What the file stores a pixel, H×W uint8, uint16 or int32, and the largest level that its kind holds (255 or
    65535).

    Raises
        DataError: as `read_image`; the image has colours, so that a pixel is not one number.
    """
    with open_image(path) as image:
        if size:
            check_same(path, (image.height, image.width), size, like)
        largest = _largest(path, image)
        mode = "L" if image.mode == "1" else image.mode
        levels = np.asarray(decoded(path, image, mode))
    if levels.ndim == 3:
        if (levels != levels[..., :1]).any():
            raise _not_one_number(path, "a colour image")
        levels = levels[..., 0]
    if levels.dtype.kind != "u" and (levels.min() < 0 or levels.max() > largest):
        raise _not_one_number(path, "an image of levels beyond 16 bit")
    return levels, largest


def largest_level(path: Path) -> int:
    """The largest level that the file's kind holds (255 or 65535), from its header.

    Raises
        DataError: as `image_size`; it is no kind of image that holds one number a pixel.
    """
    with open_image(path) as image:
        return _largest(path, image)


def has_alpha(path: Path) -> bool:
    """Whether the file's header promises transparency."""
    with open_image(path) as image:
        return image.has_transparency_data


def _largest(path: Path, image: Image.Image) -> int:
    if image.mode not in LARGEST:
        raise _not_one_number(path, f"an image of kind {image.mode}")
    return LARGEST[image.mode]


def _not_one_number(path: Path, what: str) -> DataError:
    return DataError(
        f"{path} is {what}; depth needs one number a pixel.",
        "Store depth as a grey image of 8 or 16 bit (PNG), not as a coloured picture of it.",
    )
