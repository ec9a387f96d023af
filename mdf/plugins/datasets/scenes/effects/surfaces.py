"""Surfaces: clutter by the dead leaves model (Matheron 1968; Lee et al. 2001), and dark actors."""

from __future__ import annotations

import math
from random import Random

import torch
from scipy import ndimage
from torch import Tensor

from mdf.plugins.datasets.scenes.effects.views import Views, blurred

SMALLEST, LARGEST = 1.5, 45.0
"""Radii of leaves, in pixels of an image of 128 lines. Their distribution is that of natural images: about r⁻³."""


def clutter(rng: Random, generator: torch.Generator, views: Views) -> None:  # noqa: ARG001
    """The background, and in most scenes the foreground too, is covered with leaves of other colours."""
    scene = leaves(rng, views, rng.randint(60, 260), rng.uniform(0.15, 0.8))
    views.empty.mul_(scene)
    worn = rng.random() < 0.7
    for frame, mask in zip(views.frames, views.masks, strict=True):
        own = leaves(rng, views, rng.randint(30, 90), rng.uniform(0.1, 0.5)) if worn else torch.ones_like(scene)
        frame.mul_(torch.where(mask, own, scene))


def dark_actors(rng: Random, generator: torch.Generator, views: Views) -> None:  # noqa: ARG001
    """Most actors reflect 8–50 % of the light that they did: black clothes, black cars."""
    for frame, mask in zip(views.frames, views.masks, strict=True):
        labels, count = ndimage.label(mask[0].numpy())
        factors = torch.ones(count + 1)
        for number in range(1, count + 1):
            if rng.random() < 0.75:
                factors[number] = math.exp(rng.uniform(math.log(0.08), math.log(0.5)))
        frame.mul_(blurred(factors[torch.from_numpy(labels).long()][None, None], 0.4 * views.pixel)[0])


def leaves(rng: Random, views: Views, count: int, contrast: float) -> Tensor:
    """Factors of the light: 3×H×W float32, about 1. Later leaves cover earlier ones."""
    height, width = views.size
    factors = torch.ones(3, height, width)
    for _ in range(count):
        radius = _radius(rng) * views.pixel
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        rows = slice(max(0, int(y - radius)), min(height, int(y + radius) + 2))
        columns = slice(max(0, int(x - radius)), min(width, int(x + radius) + 2))
        inside = _leaf(rng, (rows, columns), (x, y), radius)
        area = factors[:, rows, columns]
        area.copy_(torch.where(inside, _colour(rng, contrast), area))
    return blurred(factors[None], 0.45 * views.pixel)[0]


def _radius(rng: Random) -> float:
    """A radius whose density falls with its third power."""
    low, high = SMALLEST**-2, LARGEST**-2
    return float((high + rng.random() * (low - high)) ** -0.5)


def _colour(rng: Random, contrast: float) -> Tensor:
    level = math.exp(rng.gauss(0, contrast))
    return torch.tensor([level * math.exp(rng.gauss(0, 0.3 * contrast)) for _ in range(3)])[:, None, None]


def _leaf(rng: Random, area: tuple[slice, slice], centre: tuple[float, float], radius: float) -> Tensor:
    """An ellipse or a rectangle at a random angle: h×w bool of the pixels of `area`."""
    rows, columns = area
    y = (torch.arange(rows.start, rows.stop) - centre[1])[:, None] / radius
    x = (torch.arange(columns.start, columns.stop) - centre[0])[None, :] / radius
    angle, flat = rng.uniform(0, math.pi), rng.uniform(1.0, 4.0)
    across, along = x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)
    if rng.random() < 0.5:
        return across.square() + (along * flat).square() < 1
    return (across.abs() < 0.8) & (along.abs() * flat < 0.8)
