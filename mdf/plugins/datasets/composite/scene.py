"""A background as the camera sees it: pixels, distances, and the ground that objects stand on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from mdf.core.image import read_image
from mdf.core.pinhole import focal_length
from mdf.plugins.datasets.composite.backgrounds import Background
from mdf.plugins.datasets.composite.config import CompositeConfig
from mdf.plugins.datasets.composite.ground import Ground, find_ground
from mdf.plugins.datasets.files.depth import read_metres
from mdf.plugins.datasets.files.truth import header_of

Floats = np.ndarray[Any, np.dtype[np.float32]]
Indices = np.ndarray[Any, np.dtype[np.int32]]

LIKE = "its background"
ON_GROUND = 0.05
"""Largest distance in metres of a ground pixel from the plane."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A background at the data set's size.

    Attributes:
        image: H×W×3 float32, levels 0–255.
        depth: H×W float32, metres along the viewing axis; infinite where nothing was measured.
        focal: pixels; the principal point is the image's centre.
        ground: the plane that objects stand on, or None if the depth shows none.
        spots: flat indices of the pixels where objects can stand: those of the ground, or all measured pixels; empty
            if nothing was measured.
        floor: H×W float32, 1 where a shadow may fall, 0 elsewhere.
    """

    image: Floats
    depth: Floats
    focal: float
    ground: Ground | None
    spots: Indices
    floor: Floats

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.depth.shape[0], self.depth.shape[1]


def read_scene(background: Background, config: CompositeConfig) -> Scene:
    """A background, cropped around its centre to the aspect ratio of the data set and scaled to its size.

    Raises
        DataError: a file is damaged, or the depth does not fit.
    """
    height, width = config.height_width
    pixels = read_image(background.colour, "RGB")
    full = pixels.shape[:2]
    scale = max(height / full[0], width / full[1])
    top, left = (full[0] - height / scale) / 2, (full[1] - width / scale) / 2
    box = (left, top, left + width / scale, top + height / scale)
    image = np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR, box), np.float32)
    focal = (config.focal or focal_length(config.fov, full[1])) * scale
    level = Ground((0.0, 1.0, 0.0), config.camera_height)
    if background.depth is None:
        depth = np.full((height, width), np.inf, np.float32)
        return Scene(image, depth, focal, level, np.empty(0, np.int32), np.ones_like(depth))
    metres, valid = read_metres(background.depth, config.depth_scale, header_of(background.colour), LIKE)
    rows = (top + (np.arange(height) + 0.5) / scale).astype(int).clip(0, full[0] - 1)
    columns = (left + (np.arange(width) + 0.5) / scale).astype(int).clip(0, full[1] - 1)
    depth = np.where(valid, metres, np.float32(np.inf))[np.ix_(rows, columns)]
    ground = find_ground(depth, focal)
    floor = np.zeros_like(depth) if ground is None else _floor(depth, focal, ground)
    spots = np.flatnonzero(np.isfinite(depth) if ground is None else floor).astype(np.int32)
    return Scene(image, depth, focal, ground, spots, floor)


def _floor(depth: Floats, focal: float, ground: Ground) -> Floats:
    height, width = depth.shape
    across = (np.arange(width) + 0.5 - width / 2) / focal
    down = ((np.arange(height) + 0.5 - height / 2) / focal)[:, None]
    known = np.where(np.isfinite(depth), depth, 0)
    distance = np.abs(ground.distance(across * known, down * known, known))
    floor: Floats = ((distance < ON_GROUND) & np.isfinite(depth)).astype(np.float32)
    return floor
