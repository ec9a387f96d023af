"""Shadows that are background: those of actors, laid down long and hard, and those of things outside the image."""

from __future__ import annotations

import math
from random import Random

import torch
from scipy import ndimage
from torch import Tensor

from mdf.plugins.datasets.scenes.effects.views import Views, blurred


def standing_shadows(rng: Random, generator: torch.Generator, views: Views) -> None:  # noqa: ARG001
    """Shadows of things outside the picture, in the background, in a frame, or moved between the two."""
    field = _bands(rng, views)
    dark = _darkness(rng)
    edge = rng.uniform(0.3, 2.5) * views.pixel
    if rng.random() < 0.6:
        views.empty.mul_(_shade(field, dark, edge))
    for frame in views.frames:
        if rng.random() < 0.75:
            shift = rng.randint(-12, 12) * max(1, round(views.pixel))
            frame.mul_(_shade(field.roll(shift, rng.choice((0, 1))), dark * rng.uniform(0.6, 1.1), edge))


def _bands(rng: Random, views: Views) -> Tensor:
    """Some straight-edged areas: H×W bool."""
    height, width = views.size
    y, x = torch.meshgrid(torch.arange(height) / height, torch.arange(width) / width, indexing="ij")
    inside = torch.zeros(height, width, dtype=torch.bool)
    for _ in range(rng.randint(1, 3)):
        angle, centre, half = rng.uniform(0, math.pi), rng.uniform(-0.2, 1.2), rng.uniform(0.03, 0.3)
        across = (x * math.cos(angle) + y * math.sin(angle) - centre).abs()
        along = -x * math.sin(angle) + y * math.cos(angle)
        inside |= (across < half) & (along > rng.uniform(-1.5, 0.6))
    return inside


def _shade(area: Tensor, dark: Tensor, edge: float) -> Tensor:
    """Factors of the light 3×H×W: 1 outside `area` (H×W bool), 1 − `dark` (3 numbers) inside."""
    return 1 - dark[:, None, None] * blurred(area.float()[None, None], edge)[0]


def _darkness(rng: Random) -> Tensor:
    """The share of light that a shadow takes, for each colour: outdoors, blue light of the sky remains."""
    dark, blue = rng.uniform(0.25, 0.8), rng.uniform(-0.03, 0.1)
    return torch.tensor([dark + blue / 2, dark, dark - blue])


def cast_shadows(rng: Random, generator: torch.Generator, views: Views) -> None:  # noqa: ARG001
    """Long hard shadows of the foreground on the ground, sheared away from its feet. They are background."""
    lean, length = rng.uniform(-2.0, 2.0), rng.choice((-1, 1)) * rng.uniform(0.15, 0.9)
    dark, edge = _darkness(rng), rng.uniform(0.3, 1.5) * views.pixel
    for frame, mask in zip(views.frames, views.masks, strict=True):
        shadow = _sheared(mask[0], lean, length) & ~mask[0]
        frame.mul_(torch.where(mask[0], torch.tensor(1.0), _shade(shadow, dark, edge)))


def _sheared(mask: Tensor, lean: float, length: float) -> Tensor:
    """The mask laid down about the lowest pixel of each of its parts: H×W bool."""
    labels, count = ndimage.label(mask.numpy())
    laid = torch.zeros_like(mask)
    height, width = mask.shape
    for rows, columns in ndimage.find_objects(labels):
        part = mask[rows, columns]
        y, x = part.nonzero().T
        foot = rows.stop - 1
        up = foot - (y + rows.start)
        for half in (0.0, 0.5):  # two samples a pixel leave no holes
            down = (foot - (up + half) * length).round().long()
            side = (x + columns.start + (up + half) * lean * abs(length)).round().long()
            ok = (down >= 0) & (down < height) & (side >= 0) & (side < width)
            laid[down[ok], side[ok]] = True
    closed = ndimage.binary_closing(laid.numpy(), iterations=1) if count else laid.numpy()
    return torch.from_numpy(closed)
