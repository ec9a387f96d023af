"""What changes the light between the empty scene and a frame: exposure, colour, lamps, reflections."""

from __future__ import annotations

from random import Random

import torch
from scipy import ndimage

from mdf.plugins.datasets.scenes.effects.views import Views, smooth_noise


def exposure_step(rng: Random, generator: torch.Generator, views: Views) -> None:  # noqa: ARG001
    """Each frame at an exposure of its own, up to ±1.3 stops, as automatic exposure gives it."""
    for frame in views.frames:
        frame.mul_(2 ** rng.uniform(-1.3, 1.3))


def white_balance_step(rng: Random, generator: torch.Generator, views: Views) -> None:  # noqa: ARG001
    """Each frame in other colours: gains of red and blue up to ±25 %."""
    for frame in views.frames:
        frame.mul_(torch.tensor([1 + rng.uniform(-0.25, 0.25), 1.0, 1 + rng.uniform(-0.25, 0.25)])[:, None, None])


def haze(rng: Random, generator: torch.Generator, views: Views) -> None:  # noqa: ARG001
    """Each frame with a veil of light over all: glare, fog, another contrast."""
    for frame in views.frames:
        share = rng.uniform(0.0, 0.35)
        frame.mul_(1 - share).add_(share * rng.uniform(0.2, 1.0) * float(frame.mean()))


def infrared(rng: Random, generator: torch.Generator, views: Views) -> None:  # noqa: ARG001
    """The whole recording grey or in one tint, as under infra-red light or from a black-and-white camera."""
    tint = torch.tensor([1.0, 1.0, 1.0])
    if rng.random() < 0.3:
        tint = torch.tensor([1 + rng.uniform(-0.2, 0.2), 1.0, 1 + rng.uniform(-0.2, 0.2)])
    weights = torch.tensor([rng.uniform(0.2, 1.0) for _ in range(3)])
    weights = (weights / weights.sum())[None, :, None, None]
    for images in (views.empty[None], views.frames):
        images.copy_((images * weights).sum(1, keepdim=True) * tint[None, :, None, None])


def moved_light(rng: Random, generator: torch.Generator, views: Views) -> None:
    """Light that changes from place to place: a lamp, the sun behind a cloud."""
    for frame in views.frames:
        field = smooth_noise(generator, views.size, min(views.size) * rng.uniform(0.3, 1.2))
        frame.mul_(torch.exp(field * rng.uniform(0.1, 0.5)))


def reflections(rng: Random, generator: torch.Generator, views: Views) -> None:  # noqa: ARG001
    """A floor that mirrors what stands on it, faintly. The mirror image is background."""
    strength = rng.uniform(0.1, 0.35)
    for frame, mask in zip(views.frames, views.masks, strict=True):
        labels, _ = ndimage.label(mask[0].numpy())
        for number, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
            foot, tall = rows.stop, rows.stop - rows.start
            bottom = min(foot + tall, views.size[0])
            if bottom <= foot:
                continue
            own = torch.from_numpy(labels[rows, columns] == number).flip(0)[: bottom - foot]
            mirror = frame[:, rows, columns].flip(1)[:, : bottom - foot]
            area = frame[:, foot:bottom, columns]
            fade = torch.linspace(1, 0.2, bottom - foot)[:, None]
            alpha = strength * fade * (own & ~mask[0, foot:bottom, columns])
            area.copy_(area * (1 - alpha) + mirror * alpha)


def glass(rng: Random, generator: torch.Generator, views: Views) -> None:
    """A window between the camera and the scene: a faint picture of something else lies over each frame."""
    other = smooth_noise(generator, views.size, min(views.size) * rng.uniform(0.05, 0.3), 3)
    level = float(views.empty.mean()) * rng.uniform(0.05, 0.25)
    if rng.random() < 0.5:
        views.empty.add_(level * (other + 1))
    for frame in views.frames:
        shift = rng.randint(-8, 8)
        frame.add_(level * rng.uniform(0.5, 1.2) * (other.roll(shift, 2) + 1))
