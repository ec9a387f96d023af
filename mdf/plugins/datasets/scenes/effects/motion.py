"""What moves without being foreground: leaves, water, and the camera itself."""

from __future__ import annotations

import math
from random import Random

import torch
from torch import Tensor

from mdf.plugins.datasets.scenes.effects.views import Views, blurred, moved, smooth_noise


def waving(rng: Random, generator: torch.Generator, views: Views) -> None:
    """Leaves or water: a part of the background, finely textured, is displaced differently in every picture."""
    coarse = smooth_noise(generator, views.size, min(views.size) * rng.uniform(0.2, 0.6))
    where = blurred((coarse > rng.uniform(-0.3, 0.5)).float()[None], 1.5 * views.pixel)[0]
    grain = _leaves(rng, generator, views)
    still = views.empty.clone()
    textured = still * (1 + where * grain).clamp_min(0.05)
    ratio = (views.frames / still.clamp_min(1e-3)).clamp(0, 1.5)  # what actors do to the light on the background
    amplitude = math.exp(rng.uniform(math.log(0.8), math.log(8.0))) * views.pixel
    cell = rng.uniform(4, 28) * views.pixel
    glitter = rng.uniform(0.0, 0.3)

    def waved() -> Tensor:
        dx, dy = smooth_noise(generator, views.size, cell, 2) * amplitude
        light = 1 + glitter * smooth_noise(generator, views.size, cell)
        shown = moved(textured[None], dx, dy)[0] * light
        return still + where * (shown - still)

    views.empty.copy_(waved())
    for number in range(len(views.frames)):
        behind = waved() * ratio[number]
        views.frames[number] = torch.where(views.masks[number], views.frames[number], behind)


def _leaves(rng: Random, generator: torch.Generator, views: Views) -> Tensor:
    """Fine contrast, as of leaves or ripples: 1×H×W about −1…1."""
    fine = smooth_noise(generator, views.size, rng.uniform(1.2, 3.5) * views.pixel)
    middle = smooth_noise(generator, views.size, rng.uniform(4, 10) * views.pixel)
    return rng.uniform(0.2, 1.3) * (0.65 * fine + 0.35 * middle)


def shake(rng: Random, generator: torch.Generator, views: Views) -> None:  # noqa: ARG001
    """A camera that is not quite still: each frame is shifted by up to 3 pixels and turned by up to half a degree."""
    height, width = views.size
    y, x = torch.meshgrid(torch.arange(height) - height / 2, torch.arange(width) - width / 2, indexing="ij")
    for number in range(len(views.frames)):
        angle = math.radians(rng.uniform(-0.5, 0.5))
        dx = rng.uniform(-3, 3) * views.pixel - y * math.sin(angle)
        dy = rng.uniform(-3, 3) * views.pixel + x * math.sin(angle)
        views.frames[number] = moved(views.frames[number][None], dx, dy)[0]
        views.masks[number] = moved(views.masks[number][None].float(), dx, dy)[0] >= 0.5
        views.depths[number] = moved(views.depths[number][None], dx, dy, nearest=True)[0]
