"""Draws a room at random: camera, walls, light, furniture, sensor."""

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


def draw_room(rng: Random, config: ScenesConfig) -> Layout:
    """Draws a room without actors."""
    tags = {
        tag
        for tag in ("shadow", "low_light", "noise", "textured_background", "repetitive_background")
        if rng.random() < getattr(config, tag)
    }
    pitch = math.radians(rng.uniform(13, 24))
    camera = Camera(
        height=rng.uniform(2.1, 3.0),
        pitch=pitch,
        yaw=math.radians(rng.uniform(-28, 28)),
        fov=math.radians(rng.uniform(56, 66)),
        size=config.height_width,
    )
    room = Room(
        left=rng.uniform(2.2, 5.5),
        right=rng.uniform(2.2, 5.5),
        top=camera.height + rng.uniform(0.8, 2.5),
        near=2.0,
        far=6.0 + 13.0 * rng.random() ** 1.4,
        paint=draw_room_paint(rng, tags),
    )
    return Layout(
        camera=camera,
        room=room,
        light=draw_light(rng, "shadow" in tags),
        furniture=furnish(rng, room),
        noise_lattice=random_lattice(rng),
        sensor=Sensor.draw(rng, low_light="low_light" in tags, noise="noise" in tags),
        tags=frozenset(tags),
    )


def draw_room_paint(rng: Random, tags: set[str]) -> Tensor:
    """Colours and patterns of floor, ceiling and walls: 6×P float32."""
    wall = hsv(rng.random(), 0.02 + 0.28 * rng.random() ** 2, rng.uniform(0.55, 0.92))
    wood = hsv(rng.uniform(0.05, 0.11), rng.uniform(0.25, 0.55), rng.uniform(0.35, 0.7))
    floor = wood if rng.random() < 0.5 else hsv(rng.random(), rng.uniform(0.02, 0.3), rng.uniform(0.3, 0.75))
    ceiling = paint(hsv(0.1, rng.uniform(0.0, 0.08), rng.uniform(0.8, 0.95)))
    contrast = rng.uniform(0.1, 0.35)
    floor_pattern = rng.choice((PLAIN, BRICKS, BRICKS, BLOTCHES, CHECKS))
    wall_pattern = rng.choice((PLAIN, PLAIN, PLAIN, BLOTCHES, BRICKS))
    period = rng.uniform(0.35, 0.8)
    if "textured_background" in tags:
        contrast, floor_pattern, wall_pattern = 0.75, BLOTCHES, BLOTCHES
    if "repetitive_background" in tags:
        contrast = max(contrast, 0.5)
        floor_pattern = rng.choice((CHECKS, VERTICAL_STRIPES))
        wall_pattern = rng.choice((VERTICAL_STRIPES, CHECKS, BRICKS))
    ground = paint(floor, mix(floor, BLACK, contrast), floor_pattern, period)
    side = paint(wall, mix(wall, BLACK, contrast), wall_pattern, period * 0.8)
    other = mix(wall, hsv(rng.random(), 0.4, 0.7), rng.choice((0.0, 0.5)))
    far = paint(other, mix(other, BLACK, contrast), wall_pattern, period * 0.8)
    return torch.tensor((ground, ceiling, side, side, far, far), dtype=torch.float32)
