"""The effects in the order of a real camera, each drawn with the share that the options give it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import torch
from torch import Tensor

from mdf.plugins.datasets.scenes.config import ScenesConfig
from mdf.plugins.datasets.scenes.effects import light, motion, optics, recording, shadows, surfaces
from mdf.plugins.datasets.scenes.effects.views import Views

Effect = Callable[[Random, torch.Generator, Views], None]

IN_LIGHT: tuple[tuple[str, Effect], ...] = (
    ("clutter", surfaces.clutter),
    ("waving", motion.waving),
    ("long_shadows", shadows.cast_shadows),
    ("standing_shadows", shadows.standing_shadows),
    ("moved_light", light.moved_light),
    ("reflections", light.reflections),
    ("glass", light.glass),
    ("rain", optics.rain),
    ("snow", optics.snow),
    ("shake", motion.shake),
    ("dirt", optics.dirt),
    ("defocus", optics.defocus),
    ("haze", light.haze),
    ("exposure", light.exposure_step),
    ("white_balance", light.white_balance_step),
    ("infrared", light.infrared),
    ("dark", surfaces.dark_actors),
)
"""Options of the data set, which are tags of its frames, and what each does to linear light."""


def in_light(config: ScenesConfig, rng: Random, views: Views) -> None:
    """Change the scene before the sensor sees it."""
    generator = torch.Generator().manual_seed(rng.getrandbits(48))
    for name, effect in IN_LIGHT:
        if rng.random() < getattr(config, name):
            effect(rng, generator, views)
            views.tag(name)


def in_recording(config: ScenesConfig, rng: Random, bg: Tensor, frames: Tensor, views: Views) -> tuple[Tensor, Tensor]:
    """Background 3×H×W and frames N×3×H×W, uint8, as a recorder keeps them."""
    generator = torch.Generator().manual_seed(rng.getrandbits(48))
    if rng.random() < config.interlacing:
        frames = recording.interlaced(rng, frames, views.masks)
        views.tag("interlacing")
    if rng.random() < config.rolling_noise:
        frames = recording.rolling_noise(rng, frames, generator)
        views.tag("rolling_noise")
    if rng.random() < config.time_stamp:
        every = recording.stamped(rng, torch.cat([bg[None], frames]))
        bg, frames = every[0], every[1:]
        views.tag("time_stamp")
    if rng.random() < config.compression:
        if rng.random() < 0.4:
            frames = recording.stale_blocks(rng, frames, bg)
        every = recording.compressed(rng, torch.cat([bg[None], frames]))
        # a background that is a median of many frames shows little of their compression
        bg, frames = (bg if rng.random() < 0.4 else every[0]), every[1:]
        views.tag("compression")
    return bg, frames
