"""What a random scene and a random frame of it consist of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

import torch
from torch import Tensor

from mdf.plugins.datasets.scenes.camera import Camera
from mdf.plugins.datasets.scenes.light import Light
from mdf.plugins.datasets.scenes.objects.parts import PlacedObject
from mdf.plugins.datasets.scenes.objects.room import Room
from mdf.plugins.datasets.scenes.sensor import Sensor


@dataclass(frozen=True)
class Layout:
    """A random room scene without actors.

    `spots` are the places (x, z) on the floor, in metres, where actors may stand; none = anywhere.
    """

    camera: Camera
    room: Room
    light: Light
    furniture: list[PlacedObject]
    noise_lattice: Tensor
    sensor: Sensor
    tags: frozenset[str]
    spots: Sequence[tuple[float, float]] = ()

    @property
    def has_shadows(self) -> bool:
        """Whether objects cast shadows."""
        return "shadow" in self.tags


@dataclass(frozen=True)
class Frame:
    """A random frame: its actors, the factors by which the light changes, and its sensor."""

    actors: list[PlacedObject]
    sun: float
    ambient: float
    sensor: Sensor
    tags: frozenset[str] = field(default_factory=frozenset)


def draw_light(rng: Random, shadow: bool, lowest: float = 38) -> Light:
    """A random light. `lowest` is the least elevation of the sun, in degrees."""
    elevation, azimuth = math.radians(rng.uniform(lowest, 68)), rng.uniform(-math.pi, math.pi)
    flat = math.cos(elevation)
    direction = (flat * math.sin(azimuth), math.sin(elevation), flat * math.cos(azimuth))
    warm = rng.uniform(-0.08, 0.12)
    sun, ambient = (rng.uniform(0.8, 1.5), rng.uniform(0.28, 0.45)) if shadow else (0.0, rng.uniform(0.7, 1.0))
    return Light(
        direction=torch.tensor(direction, dtype=torch.float64),
        sun=(sun * (1 + warm), sun, sun * (1 - warm)),
        ambient=(ambient * (1 - warm / 3), ambient, ambient * (1 + warm / 3)),
    )
