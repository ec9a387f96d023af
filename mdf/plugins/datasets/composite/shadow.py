"""Soft shadows on the ground: where an object touches it, and where the object blocks the light."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from mdf.plugins.datasets.composite.layer import Layer
from mdf.plugins.datasets.composite.place import Place

Floats = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True, slots=True)
class Light:
    """One light for all objects of a sample.

    Attributes:
        strength: 0–1, how dark its shadows are.
        aside: pixels to the right that a shadow extends per pixel of the object's height.
        back: pixels up in the image that it extends per pixel of height.
    """

    strength: float
    aside: float
    back: float


def draw_light(random: Random, darkest: float) -> Light:
    """Draws a light. One in three samples has even light and faint shadows."""
    strength = darkest * (random.uniform(0.5, 1.0) if random.random() < 0.67 else random.uniform(0.1, 0.3))
    return Light(strength, random.uniform(-0.7, 0.7), random.uniform(0.06, 0.22))


@dataclass(frozen=True, slots=True)
class Shade:
    """How much of the light is blocked (R×C float32 0–1), and in which rows and columns of the image."""

    at: tuple[slice, slice]
    share: Floats


def shadow(layer: Layer, place: Place, light: Light, size: tuple[int, int]) -> Shade | None:
    """The shadow of a cut-out in an image of `size` (height, width); None if it is outside."""
    foot = place.top + place.height
    soft = max(1.0, place.height * 0.025)
    pad = math.ceil(3 * soft + 0.2 * place.width)
    aside = light.aside * place.height
    top, bottom = max(0, int(foot - light.back * place.height) - pad), min(size[0], foot + pad)
    left = max(0, int(place.left + min(0.0, aside)) - pad)
    right = min(size[1], int(place.left + place.width + max(0.0, aside)) + pad)
    if top >= bottom or left >= right:
        return None
    cast = _cast(layer, foot, light, (left, top, right, bottom)).filter(ImageFilter.GaussianBlur(soft))
    touch = _touch(layer, place, (left, top), cast.size)
    share = np.maximum(np.asarray(cast, np.float32) * np.float32(0.75), np.asarray(touch, np.float32))
    return Shade((slice(top, bottom), slice(left, right)), share * np.float32(light.strength / 255))


def _cast(layer: Layer, foot: int, light: Light, box: tuple[int, int, int, int]) -> Image.Image:
    """The outline projected on the ground: a point `up` above the foot falls on (x + aside·up, foot - back·up)."""
    thing = Image.fromarray((layer.alpha * 255).astype(np.uint8))
    left, top, right, bottom = box
    up, below = 1 / light.back, foot - top
    lean = light.aside * up
    # For each target pixel (column, row) of the box: its source position in `thing`.
    matrix = (1, lean, left - layer.at[1].start - lean * below, 0, up, foot - layer.at[0].start - up * below)
    return thing.transform((right - left, bottom - top), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def _touch(layer: Layer, place: Place, corner: tuple[int, int], size: tuple[int, int]) -> Image.Image:
    """The dark spot where an object touches the ground."""
    centre, half = _base(layer, place)
    x, y = centre - corner[0], place.top + place.height - corner[1]
    flat = max(2.0, half * 0.22)
    spot = Image.new("L", size)
    ImageDraw.Draw(spot).ellipse((x - half, y - 1.3 * flat, x + half, y + 0.7 * flat), fill=255)
    return spot.filter(ImageFilter.GaussianBlur(max(1.0, flat * 0.6)))


def _base(layer: Layer, place: Place) -> tuple[float, float]:
    """Centre and half width of the place where an object touches the ground, in columns of the image."""
    foot = place.top + place.height - layer.at[0].start
    lowest = layer.alpha[max(0, foot - max(2, place.height // 12)) : max(0, foot)]
    columns = np.flatnonzero(lowest.max(0) > 0.5) if lowest.size else np.empty(0)
    if not len(columns):
        return place.left + place.width / 2, place.width * 0.25
    return float(columns.mean()) + layer.at[1].start, max(2.0, float(np.ptp(columns)) * 0.5)
