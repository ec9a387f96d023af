"""A cut-out as it stands in the image: scaled, softened, in the light of its surroundings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from mdf.plugins.datasets.composite.config import CompositeConfig
from mdf.plugins.datasets.composite.place import Place
from mdf.plugins.datasets.composite.scene import Scene

Floats = np.ndarray[Any, np.dtype[np.float32]]

FAINTEST, STRONGEST = 0.7, 1.4
"""How far harmonising changes a contrast."""


@dataclass(frozen=True, slots=True)
class Layer:
    """The part of a cut-out that is inside the image.

    Attributes:
        at: rows and columns of the image that it covers, R×C of them.
        colour: R×C×3 float32, levels 0–255, already multiplied by alpha.
        alpha: R×C float32 0–1, as if nothing hides the cut-out.
    """

    at: tuple[slice, slice]
    colour: Floats
    alpha: Floats


def lay(cutout: Image.Image, place: Place, scene: Scene, config: CompositeConfig) -> Layer:
    """The cut-out at its place."""
    margin = math.ceil(2 * config.feather)
    scaled = Image.new("RGBa", (place.width + 2 * margin, place.height + 2 * margin))
    scaled.paste(cutout.convert("RGBa").resize((place.width, place.height), Image.Resampling.BOX), (margin, margin))
    top, left = place.top - margin, place.left - margin
    bottom, right = min(top + scaled.height, scene.size[0]), min(left + scaled.width, scene.size[1])
    at = slice(max(top, 0), bottom), slice(max(left, 0), right)
    if config.feather:
        scaled = scaled.filter(ImageFilter.GaussianBlur(config.feather))
    pixels = np.asarray(scaled.crop((at[1].start - left, at[0].start - top, right - left, bottom - top)), np.float32)
    layer = Layer(at, pixels[..., :3], pixels[..., 3] / np.float32(255))
    return harmonised(layer, scene.image[at], config.harmonise) if config.harmonise else layer


def harmonised(layer: Layer, around: Floats, strength: float) -> Layer:
    """The layer with the mean and spread of each colour channel moved towards those of its surroundings."""
    weight = layer.alpha[..., None]
    total = weight.sum()
    if total < 1:
        return layer
    mean = layer.colour.sum((0, 1)) / total
    own = (layer.colour - weight * mean) * (weight > 0.5)
    spread = np.sqrt((own**2).sum((0, 1)) / total).mean() + 1
    wanted_mean, wanted_spread = around.mean((0, 1)), around.std((0, 1)).mean() + 1
    gain = float(np.clip(wanted_spread / spread, FAINTEST, STRONGEST)) ** strength
    shift = strength * 0.5 * (wanted_mean - mean)
    colour = (layer.colour - weight * mean) * gain + weight * (mean + shift)
    return Layer(layer.at, np.clip(colour, 0, 255 * weight).astype(np.float32), layer.alpha)
