"""Renders the two photographs, the mask and the depth of a scene with cut-outs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from mdf.core.image import Pixels
from mdf.plugins.datasets.composite.config import CompositeConfig
from mdf.plugins.datasets.composite.layer import lay
from mdf.plugins.datasets.composite.place import Place
from mdf.plugins.datasets.composite.scene import Scene
from mdf.plugins.datasets.composite.shadow import Light, shadow

Floats = np.ndarray[Any, np.dtype[np.float32]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

FOREGROUND = 0.5
"""Smallest alpha of a foreground pixel."""

HIDDEN = 0.05
"""If the scene hides a larger share of a cut-out, the cut-out counts as hidden."""


@dataclass(frozen=True, slots=True)
class Picture:
    """The occupied scene.

    Attributes:
        image: H×W×3 float32, levels 0–255, before the camera.
        mask: H×W bool. depth: H×W float32 metres, infinite = unknown.
        hidden: whether the scene hides a part of a cut-out.
    """

    image: Floats
    mask: Flags
    depth: Floats
    hidden: bool


def compose(
    scene: Scene, things: Sequence[tuple[Image.Image, Place]], light: Light, config: CompositeConfig
) -> Picture:
    """The scene with objects in it, the nearest in front. Nearer parts of the scene hide them."""
    image, mask, depth = scene.image.copy(), np.zeros(scene.size, np.bool_), scene.depth.copy()
    hidden = False
    for cutout, place in sorted(things, key=lambda thing: -thing[1].metres):
        layer = lay(cutout, place, scene, config)
        shade = shadow(layer, place, light, scene.size) if light.strength else None
        if shade:
            image[shade.at] *= (1 - shade.share * scene.floor[shade.at] * ~mask[shade.at])[..., None]
        open_to_view = scene.depth[layer.at] > place.metres
        outline = layer.alpha >= FOREGROUND
        hidden |= int(np.count_nonzero(outline & ~open_to_view)) > HIDDEN * int(np.count_nonzero(outline))
        share = _softened(open_to_view, config.feather)
        image[layer.at] *= (1 - layer.alpha * share)[..., None]
        image[layer.at] += layer.colour * share[..., None]
        seen = layer.alpha * share >= FOREGROUND
        mask[layer.at] |= seen
        depth[layer.at][seen] = place.metres
    return Picture(image, mask, depth, hidden)


def photograph(image: Floats, random: np.random.Generator, config: CompositeConfig) -> Pixels:
    """The photograph of an image: with its own exposure and white balance, noise, and whole levels."""
    gain = np.exp(random.normal(0.0, config.exposure)) * np.exp(random.normal(0.0, config.exposure / 3, 3))
    exposed = image * gain.astype(np.float32)
    if config.noise:
        exposed += random.standard_normal(image.shape, np.float32) * np.float32(config.noise)
    np.rint(exposed, out=exposed)
    developed: Pixels = exposed.clip(0, 255, out=exposed).astype(np.uint8)
    return developed


def _softened(flags: Flags, deviation: float) -> Floats:
    if not deviation or flags.all():
        return flags.astype(np.float32)
    soft = Image.fromarray(flags.astype(np.uint8) * 255).filter(ImageFilter.GaussianBlur(deviation))
    return np.asarray(soft, np.float32) / np.float32(255)
