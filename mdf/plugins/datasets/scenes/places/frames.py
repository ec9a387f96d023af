"""Draws the frames of a room or a street: the actors, where they stand, and what has changed since the background."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

from mdf.plugins.datasets.scenes.camera import Camera
from mdf.plugins.datasets.scenes.config import ScenesConfig
from mdf.plugins.datasets.scenes.objects.actors import Actor, Finish, draw_actor
from mdf.plugins.datasets.scenes.objects.paint import FIRST, SECOND, Rgb, mix
from mdf.plugins.datasets.scenes.objects.parts import PlacedObject
from mdf.plugins.datasets.scenes.places.layout import Frame, Layout


def draw_frame(rng: Random, config: ScenesConfig, layout: Layout, size: Random) -> Frame:
    """Draws a frame of the scene. Its actors cover 2–30 % of the image, most often about 10 %.

    `size` decides whether they are much smaller or larger.
    """
    tags = {t for t in ("camouflage", "transparent", "reflective") if rng.random() < getattr(config, t)}
    actors: list[PlacedObject] = []
    if rng.random() >= config.empty:
        sizes = _draw_sizes(size, config, layout)
        actors = _place_actors(rng, config, layout, tags, sizes)
        tags |= {sizes.tag} if sizes.tag and actors else set()
    if not actors:
        tags = {"empty"}
    elif layout.has_shadows:
        tags.add("shadow")
    return Frame(
        actors=actors,
        sun=rng.uniform(0.85, 1.15),
        ambient=rng.uniform(0.9, 1.1),
        sensor=layout.sensor.drift(rng),
        tags=frozenset(tags) | (layout.tags - {"shadow"}),
    )


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of the image actors cover, as shares.

    Attributes:
        smallest: the least share of one actor.
        first: the least share of the first actor.
        largest: the largest share of all actors.
        target: limits and mode of the share that all actors are to cover.
        tag: the condition, or "".
    """

    smallest: float = 0.011
    first: float = 0.025
    largest: float = 0.30
    target: tuple[float, float, float] = (0.03, 0.24, 0.09)
    tag: str = ""


def _draw_sizes(rng: Random, config: ScenesConfig, layout: Layout) -> Sizes:
    if layout.spots:
        return Sizes(0.001, 0.002, 0.6, (0.02, 0.5, 0.1))  # the distance to a spot decides it
    drawn = rng.random()
    if drawn < config.tiny:
        return Sizes(0.001, 0.001, 0.012, (0.004, 0.04, 0.01), "tiny")
    if drawn < config.tiny + config.huge:
        return Sizes(0.01, 0.15, 0.6, (0.3, 0.6, 0.4), "huge")
    if "outdoor" in layout.tags:
        return Sizes(0.003, 0.006, 0.3, (0.01, 0.24, 0.05))
    return Sizes()


def _place_actors(
    rng: Random, config: ScenesConfig, layout: Layout, tags: set[str], sizes: Sizes
) -> list[PlacedObject]:
    target_share = rng.triangular(*sizes.target)
    placed: list[PlacedObject] = []
    covered = 0.0
    for attempt in range(12):
        if len(placed) >= config.most_actors or covered > 0.75 * target_share:
            break
        actor = draw_actor(rng, _draw_finish(rng, layout, tags))
        smallest = sizes.smallest if placed or attempt > 6 else sizes.first
        for _ in range(10):
            x, z = _random_spot(rng, layout)
            share = _image_share(actor, x, z, layout.camera)
            largest = max(min(1.25 * target_share, sizes.largest), 1.2 * sizes.first) - covered
            if smallest < share < largest and _is_free(actor, x, z, layout, placed):
                placed.append(PlacedObject(actor.parts, x, z, rng.uniform(-math.pi, math.pi), actor.radius))
                covered += share
                break
    return placed


def _draw_finish(rng: Random, layout: Layout, tags: set[str]) -> Finish:
    camouflage: Rgb | None = None
    if "camouflage" in tags:
        row = layout.room.paint[rng.choice((0, 0, 4))]
        share = rng.random()
        a, b = row[FIRST].tolist(), row[SECOND].tolist()
        camouflage = mix((a[0], a[1], a[2]), (b[0], b[1], b[2]), share)
    return Finish(
        opacity=rng.uniform(0.35, 0.6) if "transparent" in tags else 1.0,
        mirror=rng.uniform(0.5, 0.8) if "reflective" in tags else 0.0,
        camouflage=camouflage,
    )


def _random_spot(rng: Random, layout: Layout) -> tuple[float, float]:
    """A random visible place on the floor: (x, z); one of the layout's spots if there are some, else uniform in
    inverse depth, so that near and far places occur."""
    if layout.spots:
        return rng.choice(layout.spots)
    camera, room = layout.camera, layout.room
    half = 0.5 * camera.size[1] / camera.focals[1]
    depth = 1 / rng.uniform(1 / (0.9 * room.far), 1 / 2.6)
    side = rng.uniform(-0.92, 0.92) * half * depth
    return (
        math.sin(camera.yaw) * depth + math.cos(camera.yaw) * side,
        math.cos(camera.yaw) * depth - math.sin(camera.yaw) * side,
    )


def _image_share(actor: Actor, x: float, z: float, camera: Camera) -> float:
    """The approximate share of the image that the actor would cover there, without parts outside the image."""
    (across, low, depth), (_, high, head_depth) = (camera.to_camera(x, y, z) for y in (0.0, actor.height))
    if min(depth, head_depth) < 1.2:
        return 0.0
    u0, low, high = across / depth, low / depth, high / head_depth
    limits = [0.5 * side / focal for side, focal in zip(camera.size, camera.focals, strict=True)]
    half = actor.width / depth / 2
    tall = min(low, limits[0]) - max(high, -limits[0])
    wide = min(u0 + half, limits[1]) - max(u0 - half, -limits[1])
    return max(tall, 0.0) * max(wide, 0.0) * actor.fill / (4 * limits[0] * limits[1])


def _is_free(actor: Actor, x: float, z: float, layout: Layout, placed: list[PlacedObject]) -> bool:
    room, gap = layout.room, actor.radius
    in_room = -room.left + gap < x < room.right - gap and 1.0 + gap < z < room.far - gap
    inside = in_room or bool(layout.spots)
    others = [*layout.furniture, *placed]
    return inside and all(math.dist((x, z), other.position) > gap + other.radius for other in others if other.radius)
