"""Draws a street or a yard at random: a wide room without a ceiling in sight, with facades for walls."""

from __future__ import annotations

import math
from random import Random

import torch
from torch import Tensor

from mdf.plugins.datasets.scenes.camera import Camera
from mdf.plugins.datasets.scenes.config import ScenesConfig
from mdf.plugins.datasets.scenes.objects.furniture import furnish
from mdf.plugins.datasets.scenes.objects.paint import (
    BLACK,
    BLOTCHES,
    BRICKS,
    CHECKS,
    PLAIN,
    VERTICAL_STRIPES,
    hsv,
    mix,
    paint,
    random_lattice,
)
from mdf.plugins.datasets.scenes.objects.room import Room
from mdf.plugins.datasets.scenes.places.layout import Layout, draw_light
from mdf.plugins.datasets.scenes.sensor import Sensor


def draw_street(rng: Random, config: ScenesConfig) -> Layout:
    """Draws a street or a yard without actors. The camera is on a pole or a wall."""
    tags = {tag for tag in ("low_light", "noise") if rng.random() < getattr(config, tag)}
    tags |= {"outdoor"} | ({"shadow"} if rng.random() < 0.75 else set())
    camera = Camera(
        height=rng.uniform(3.0, 9.0),
        pitch=math.radians(rng.uniform(14, 38)),
        yaw=math.radians(rng.uniform(-35, 35)),
        fov=math.radians(rng.uniform(35, 65)),
        size=config.height_width,
    )
    room = Room(
        left=rng.uniform(6, 25),
        right=rng.uniform(6, 25),
        top=40.0,
        near=3.0,
        far=rng.uniform(18, 60),
        paint=_draw_street_paint(rng),
    )
    return Layout(
        camera=camera,
        room=room,
        light=draw_light(rng, "shadow" in tags, lowest=14),
        furniture=furnish(rng, room),
        noise_lattice=random_lattice(rng),
        sensor=Sensor.draw(rng, low_light="low_light" in tags, noise="noise" in tags),
        tags=frozenset(tags),
    )


def _draw_street_paint(rng: Random) -> Tensor:
    """Colours and patterns of ground, sky and facades: 6×P float32."""
    grey = hsv(rng.uniform(0.05, 0.65), rng.uniform(0.0, 0.12), rng.uniform(0.25, 0.6))
    grass = hsv(rng.uniform(0.2, 0.36), rng.uniform(0.2, 0.6), rng.uniform(0.2, 0.5))
    ground = rng.choice((grey, grey, grass))
    sky = paint(hsv(0.58, rng.uniform(0.0, 0.3), rng.uniform(0.8, 1.0)))
    pattern = rng.choice((BLOTCHES, PLAIN, BRICKS, VERTICAL_STRIPES))
    rows = [paint(ground, mix(ground, BLACK, rng.uniform(0.1, 0.5)), pattern, rng.uniform(0.4, 4)), sky]
    for _ in range(4):
        wall = rng.choice((grass, hsv(rng.random(), rng.uniform(0.02, 0.4), rng.uniform(0.2, 0.85))))
        pattern = rng.choice((BRICKS, CHECKS, VERTICAL_STRIPES, BLOTCHES, BLOTCHES))
        rows.append(paint(wall, mix(wall, BLACK, rng.uniform(0.2, 0.8)), pattern, rng.uniform(0.4, 3.0)))
    return torch.tensor(rows, dtype=torch.float32)
