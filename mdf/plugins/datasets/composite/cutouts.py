"""Cut-outs: RGBA images of one thing each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from mdf.core.errors import DataError
from mdf.core.image import image_size, open_image, read_image
from mdf.plugins.datasets.files.images import images

SEEN = 16
"""Alpha from which a pixel counts to the outline."""


def find_cutouts(root: Path) -> dict[str, Path]:
    """Every image with an alpha channel, by name.

    Raises
        DataError: there is none, or an image has no alpha.
    """
    found = images(root)
    if not found:
        raise DataError(f"composite: {root} holds no cut-outs.", "Put images with an alpha channel (PNG, WebP) there.")
    for path in found.values():
        image_size(path)
        if not has_alpha(path):
            raise DataError(f"{path} has no alpha channel.", "A cut-out is transparent around its thing: PNG or WebP.")
    return found


def read_cutout(path: Path) -> Image.Image:
    """The thing alone, without its empty border: RGBA.

    Raises
        DataError: the file is damaged, or transparent everywhere.
    """
    pixels = read_image(path, "RGBA")
    rows, columns = (np.flatnonzero((pixels[..., 3] >= SEEN).any(axis)) for axis in (1, 0))
    if not len(rows) or (pixels[..., 3] >= 128).sum() < 16:
        raise DataError(f"{path} shows nothing: it is transparent everywhere.", "Remove it from the cut-outs.")
    return Image.fromarray(pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def has_alpha(path: Path) -> bool:
    """Whether the file's header promises transparency."""
    with open_image(path) as image:
        return image.has_transparency_data
