"""Cut-outs: RGBA images that show one object each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image

from mdf.core.dataset import Doubt
from mdf.core.errors import DataError
from mdf.core.image import image_size, open_image, read_image
from mdf.plugins.datasets.files.images import images
from mdf.plugins.datasets.files.kept import kept

MEANING = "opaque 1"
OPAQUE = 250
"""Smallest alpha of a pixel that hides what is behind it."""
SEEN = 16
"""Smallest alpha of a pixel that belongs to the outline."""


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
    """The object without its empty border: RGBA.

    Raises
        DataError: the file is damaged, or transparent everywhere.
    """
    pixels = read_image(path, "RGBA")
    rows, columns = (np.flatnonzero((pixels[..., 3] >= SEEN).any(axis)) for axis in (1, 0))
    if not len(rows) or (pixels[..., 3] >= 128).sum() < 16:
        raise DataError(f"{path} shows nothing: it is transparent everywhere.", "Remove it from the cut-outs.")
    return Image.fromarray(pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def opaque_cutouts(files: Mapping[str, Path]) -> Iterator[Doubt]:
    """A warning if cut-outs are opaque everywhere: such a cut-out is a rectangle that shows its own background."""
    chosen = dict(files)

    def find() -> list[str]:
        return [path.name for path in chosen.values() if _is_opaque(path)]

    names = kept(MEANING, list(chosen.values()), list[str], find)
    if names:
        yield Doubt(
            "warning",
            f"{len(names)} of {len(chosen)} cut-outs are opaque everywhere ({', '.join(names[:3])}): each is pasted as "
            "a rectangle, with what stood behind its thing, and all of that is foreground",
            "make what is around the thing transparent, or take them away",
        )


def _is_opaque(path: Path) -> bool:
    with suppress(DataError):  # reported when it is read
        return bool((read_image(path, "RGBA")[..., 3] >= OPAQUE).all())
    return False


def has_alpha(path: Path) -> bool:
    """Whether the file's header declares transparency."""
    with open_image(path) as image:
        return image.has_transparency_data
