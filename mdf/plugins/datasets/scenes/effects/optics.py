"""What lies between scene and sensor: a lens out of focus, dirt on it, rain and snow."""

from __future__ import annotations

import math
from random import Random

import torch
from torch import Tensor

from mdf.plugins.datasets.scenes.effects.views import Views, blurred, smooth_noise


def defocus(rng: Random, generator: torch.Generator, views: Views) -> None:  # noqa: ARG001
    """The whole recording out of focus, each picture a little differently."""
    sigma = rng.uniform(0.4, 1.6) * views.pixel
    views.empty.copy_(blurred(views.empty[None], sigma)[0])
    for number in range(len(views.frames)):
        views.frames[number] = blurred(views.frames[number][None], sigma * rng.uniform(0.7, 1.4))[0]


def dirt(rng: Random, generator: torch.Generator, views: Views) -> None:
    """Spots on the lens, the same in every picture: they take light away and are out of focus."""
    spots = smooth_noise(generator, views.size, min(views.size) * rng.uniform(0.08, 0.3))
    veil = blurred(((spots > 0.45).float() * rng.uniform(0.15, 0.6))[None], 2 * views.pixel)[0]
    level = float(views.empty.mean())
    for images in (views.empty[None], views.frames):
        images.mul_(1 - veil).add_(veil * level * 0.5)


def rain(rng: Random, generator: torch.Generator, views: Views) -> None:
    """Bright streaks, others in every frame. They are background."""
    slope, length = rng.uniform(-0.35, 0.35), rng.uniform(3, 10) * views.pixel
    amount, strength = rng.uniform(0.002, 0.012), rng.uniform(0.2, 0.8) * float(views.empty.mean())
    for frame in views.frames:
        frame.add_(strength * _streaks(generator, views.size, amount, slope, length))


def snow(rng: Random, generator: torch.Generator, views: Views) -> None:
    """Bright flakes, others in every frame. They are background."""
    amount, size = rng.uniform(0.001, 0.006), rng.uniform(0.6, 1.4) * views.pixel
    strength = rng.uniform(0.6, 1.5) * float(views.empty.amax().clamp(max=2.0))
    for frame in views.frames:
        flakes = (torch.rand(1, 1, *views.size, generator=generator) < amount).float()
        soft = blurred(flakes, size)[0]
        frame.add_(strength * (soft / soft.amax().clamp_min(1e-3)).clamp(0, 1))


def _streaks(generator: torch.Generator, size: tuple[int, int], amount: float, slope: float, length: float) -> Tensor:
    drops = (torch.rand(size, generator=generator) < amount).float()
    steps = max(2, round(length))
    found = torch.zeros(size)
    for step in range(steps):
        found = torch.maximum(found, drops.roll((step, round(slope * step)), (0, 1)))
    return found[None] * math.sqrt(2 / steps)
