"""Draws a table-top, a tray or a belt at random, seen from above, and the low things that lie on it.

Sizes are in camera heights of 1.5 to 4 m; a network that is told the depth of the empty scene sees no scale.
"""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

from mdf.plugins.datasets.scenes.camera import Camera
from mdf.plugins.datasets.scenes.config import ScenesConfig
from mdf.plugins.datasets.scenes.objects.actors import clothing
from mdf.plugins.datasets.scenes.objects.paint import (
    BLOTCHES,
    CHECKS,
    HORIZONTAL_STRIPES,
    PLAIN,
    VERTICAL_STRIPES,
    mix,
    paint,
    random_lattice,
)
from mdf.plugins.datasets.scenes.objects.parts import Part, PlacedObject
from mdf.plugins.datasets.scenes.objects.room import Room
from mdf.plugins.datasets.scenes.places.layout import Frame, Layout, draw_light
from mdf.plugins.datasets.scenes.places.rooms import draw_room_paint
from mdf.plugins.datasets.scenes.sensor import Sensor

TABLE = "table"
MOST_THINGS = 9
TALL = math.log(0.006), math.log(0.09)
"""Half of a thing's height as a share of the camera's, its logarithm."""


def draw_table(rng: Random, config: ScenesConfig) -> Layout:
    """Draws an empty table-top. Its edges are walls, as those of a tray."""
    tags = {tag for tag in ("shadow", "low_light", "noise") if rng.random() < getattr(config, tag)}
    camera = Camera(
        height=rng.uniform(1.5, 4.0),
        pitch=math.radians(rng.uniform(48, 90)),
        yaw=math.radians(rng.uniform(-180, 180)),
        fov=math.radians(rng.uniform(36, 64)),
        size=config.height_width,
    )
    reach = camera.height * math.tan(camera.fov / 2)
    away = camera.height / math.tan(camera.pitch)
    centre = (away * math.sin(camera.yaw), away * math.cos(camera.yaw))
    sides = [max(reach * rng.uniform(0.7, 1.8) + way, 0.1) for way in (-centre[0], centre[0], -centre[1], centre[1])]
    room = Room(
        left=sides[0],
        right=sides[1],
        top=camera.height + 1.0,
        near=sides[2],
        far=sides[3],
        paint=draw_room_paint(rng, tags | ({"textured_background"} if rng.random() < 0.2 else set())),
    )
    return Layout(
        camera=camera,
        room=room,
        light=draw_light(rng, "shadow" in tags),
        furniture=[],
        noise_lattice=random_lattice(rng),
        sensor=Sensor.draw(rng, low_light="low_light" in tags, noise="noise" in tags),
        tags=frozenset(tags | {TABLE}),
    )


def draw_things(rng: Random, config: ScenesConfig, layout: Layout) -> Frame:
    """Draws a frame of a table-top: boxes and round things, flat more often than tall."""
    things: list[PlacedObject] = []
    wanted = 0 if rng.random() < config.empty else rng.randint(1, MOST_THINGS)
    for _ in range(4 * wanted):
        if len(things) == wanted:
            break
        thing = _thing(rng, layout)
        if thing is not None and all(math.dist(thing.position, other.position) > thing.radius for other in things):
            things.append(thing)
    tags = (layout.tags - {"shadow"}) | ({"shadow"} if things and layout.has_shadows else set())
    return Frame(
        actors=things,
        sun=rng.uniform(0.85, 1.15),
        ambient=rng.uniform(0.9, 1.1),
        sensor=layout.sensor.drift(rng),
        tags=frozenset(tags | (set() if things else {"empty"})),
    )


def _thing(rng: Random, layout: Layout) -> PlacedObject | None:
    """One thing at a random place of the image; None if that is not on the table."""
    camera, room = layout.camera, layout.room
    place = rng.choice(layout.spots) if layout.spots else _on_the_ground(rng, camera)
    reach = camera.height * math.tan(camera.fov / 2)
    half = [reach * math.exp(rng.uniform(math.log(0.05), math.log(0.4))) for _ in range(2)]
    tall = min(max(half), camera.height * math.exp(rng.uniform(*TALL)))
    radius = math.hypot(*half)
    if place is None or not (-room.left < place[0] < room.right and -room.near < place[1] < room.far):
        return None
    colour = clothing(rng)
    pattern = rng.choice((PLAIN, PLAIN, HORIZONTAL_STRIPES, VERTICAL_STRIPES, CHECKS, BLOTCHES))
    row = paint(colour, mix(colour, clothing(rng), 0.6), pattern, reach * rng.uniform(0.05, 0.3))
    part = Part(rng.random() < 0.4, (0, tall, 0), (half[0], tall, half[1]), row)
    parts = [part]
    if rng.random() < 0.3:
        top = tall * rng.uniform(0.2, 0.8)
        smaller = (half[0] * rng.uniform(0.3, 0.9), top, half[1] * rng.uniform(0.3, 0.9))
        parts.append(replace(part, centre=(0, 2 * tall + top, 0), half_size=smaller, paint=paint(clothing(rng))))
    return PlacedObject(tuple(parts), *place, rng.uniform(-math.pi, math.pi), radius)


def _on_the_ground(rng: Random, camera: Camera) -> tuple[float, float] | None:
    """Where a random ray of the image meets the ground, (x, z); None if it does not."""
    u, v = (rng.uniform(-0.48, 0.48) * side / camera.focal for side in (camera.size[1], camera.size[0]))
    right, down, forward = camera.axes.tolist()
    x, y, z = (f + u * r + v * d for r, d, f in zip(right, down, forward, strict=True))
    return (-camera.height / y * x, -camera.height / y * z) if y < -0.05 else None
