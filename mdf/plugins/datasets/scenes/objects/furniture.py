"""Furniture: crates, cabinets, tables, benches, doors and pictures, all built from boxes."""

from __future__ import annotations

import math
from random import Random

from mdf.plugins.datasets.scenes.objects.paint import (
    BLOTCHES,
    HORIZONTAL_STRIPES,
    PLAIN,
    VERTICAL_STRIPES,
    Rgb,
    hsv,
    mix,
    paint,
)
from mdf.plugins.datasets.scenes.objects.parts import Part, PlacedObject
from mdf.plugins.datasets.scenes.objects.room import Room


def furniture_colour(rng: Random) -> Rgb:
    """A random colour of wood, paint or metal."""
    if rng.random() < 0.55:
        return hsv(rng.uniform(0.05, 0.1), rng.uniform(0.3, 0.65), rng.uniform(0.25, 0.75))
    return hsv(rng.random(), rng.uniform(0.0, 0.5), rng.uniform(0.2, 0.85))


def furnish(rng: Random, room: Room) -> list[PlacedObject]:
    """Draws two to six pieces, most of them along the walls, and objects on the walls."""
    pieces: list[PlacedObject] = []
    for _ in range(rng.randint(2, 6)):
        piece = _piece(rng, room)
        if all(math.dist(piece.position, other.position) > piece.radius + other.radius for other in pieces):
            pieces.append(piece)
    return pieces + _wall_objects(rng, room)


def _piece(rng: Random, room: Room) -> PlacedObject:
    build = rng.choice((_crate, _cabinet, _cabinet, _table, _bench))
    parts, half_wide, half_deep = build(rng)
    wall = rng.choice(("left", "right", "far", "far", "free"))
    deep = room.far * rng.uniform(0.4, 0.9)
    if wall == "left":
        x, z, yaw = -room.left + half_deep, deep, math.pi / 2
    elif wall == "right":
        x, z, yaw = room.right - half_deep, deep, -math.pi / 2
    elif wall == "far":
        x, z, yaw = rng.uniform(-room.left + half_wide, room.right - half_wide), room.far - half_deep, math.pi
    else:
        x, z = rng.uniform(-room.left, room.right) * 0.6, room.far * rng.uniform(0.45, 0.75)
        yaw = rng.uniform(-math.pi, math.pi)
    return PlacedObject(tuple(parts), x, z, yaw, math.hypot(half_wide, half_deep))


Piece = tuple[list[Part], float, float]
"""Parts, half width and half depth in metres."""


def _crate(rng: Random) -> Piece:
    half = (rng.uniform(0.25, 0.6), rng.uniform(0.2, 0.6), rng.uniform(0.25, 0.5))
    colour = furniture_colour(rng)
    row = paint(
        colour, mix(colour, (0.0, 0.0, 0.0), 0.4), rng.choice((PLAIN, HORIZONTAL_STRIPES, VERTICAL_STRIPES)), 0.2
    )
    return [Part(False, (0, half[1], 0), half, row)], half[0], half[2]


def _cabinet(rng: Random) -> Piece:
    half = (rng.uniform(0.4, 1.1), rng.uniform(0.45, 1.05), rng.uniform(0.2, 0.35))
    colour = furniture_colour(rng)
    row = paint(
        colour, mix(colour, (0.0, 0.0, 0.0), 0.25), rng.choice((HORIZONTAL_STRIPES, VERTICAL_STRIPES, PLAIN)), 0.45
    )
    top = paint(mix(colour, (1.0, 1.0, 1.0), 0.2))
    lid = Part(False, (0, 2 * half[1], 0), (half[0] + 0.03, 0.03, half[2] + 0.03), top)
    return [Part(False, (0, half[1], 0), half, row), lid], half[0] + 0.05, half[2] + 0.05


def _table(rng: Random) -> Piece:
    x, z, tall = rng.uniform(0.5, 1.0), rng.uniform(0.35, 0.6), rng.uniform(0.7, 0.9)
    row, leg = paint(furniture_colour(rng)), paint(furniture_colour(rng))
    parts = [Part(False, (0, tall, 0), (x, 0.04, z), row)]
    for side in (-1, 1):
        parts += [
            Part(False, (side * x * 0.9, tall / 2, end * z * 0.85), (0.04, tall / 2, 0.04), leg) for end in (-1, 1)
        ]
    return parts, x, z


def _bench(rng: Random) -> Piece:
    x, seat = rng.uniform(0.4, 1.0), rng.uniform(0.4, 0.5)
    colour = hsv(rng.random(), rng.uniform(0.2, 0.7), rng.uniform(0.25, 0.8))
    row = paint(colour, mix(colour, (0.5, 0.5, 0.5), 0.3), BLOTCHES, 0.3)
    parts = [
        Part(False, (0, seat / 2, 0), (x, seat / 2, 0.35), row),
        Part(False, (0, seat, -0.3), (x, seat, 0.1), row),
        Part(False, (-x, seat * 0.75, 0), (0.1, seat * 0.75, 0.38), row),
        Part(False, (x, seat * 0.75, 0), (0.1, seat * 0.75, 0.38), row),
    ]
    return parts, x + 0.1, 0.42


def _wall_objects(rng: Random, room: Room) -> list[PlacedObject]:
    objects = []
    if rng.random() < 0.7:
        door = paint(furniture_colour(rng), None, PLAIN)
        x = rng.uniform(-room.left + 0.6, room.right - 0.6)
        part = Part(False, (0, 1.0, 0), (0.45, 1.0, 0.03), door)
        objects.append(PlacedObject((part,), x, room.far, 0.0, 0.0))
    for _ in range(rng.randint(0, 3)):
        half = (rng.uniform(0.25, 0.8), rng.uniform(0.2, 0.6), 0.025)
        row = paint(hsv(rng.random(), rng.uniform(0.1, 0.6), rng.uniform(0.15, 0.95)), None, PLAIN)
        part = Part(False, (0, rng.uniform(1.5, 2.1), 0), half, row)
        side = rng.choice((-1, 0, 1))
        if side == 0:
            objects.append(PlacedObject((part,), rng.uniform(-room.left, room.right) * 0.8, room.far, 0.0, 0.0))
        else:
            x = room.right if side > 0 else -room.left
            objects.append(PlacedObject((part,), x, rng.uniform(0.35, 0.85) * room.far, math.pi / 2, 0.0))
    return objects
