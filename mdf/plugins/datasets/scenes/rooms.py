"""The style `rooms`: draws a room at random (camera, walls, light, furniture, sensor), and the actors of each frame."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random

import torch
from torch import Tensor

from mdf.plugins.datasets.scenes.camera import Camera
from mdf.plugins.datasets.scenes.config import ScenesConfig
from mdf.plugins.datasets.scenes.light import Light
from mdf.plugins.datasets.scenes.objects.actors import Actor, Finish, draw_actor
from mdf.plugins.datasets.scenes.objects.furniture import furnish
from mdf.plugins.datasets.scenes.objects.paint import (
    BLOTCHES,
    BRICKS,
    CHECKS,
    FIRST,
    PLAIN,
    SECOND,
    VERTICAL_STRIPES,
    Rgb,
    hsv,
    mix,
    paint,
    random_lattice,
)
from mdf.plugins.datasets.scenes.objects.parts import PlacedObject
from mdf.plugins.datasets.scenes.objects.room import Room
from mdf.plugins.datasets.scenes.sensor import Sensor


@dataclass(frozen=True)
class Layout:
    """A random room scene without actors."""

    camera: Camera
    room: Room
    light: Light
    furniture: list[PlacedObject]
    noise_lattice: Tensor
    sensor: Sensor
    tags: frozenset[str]

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


def draw_layout(rng: Random, config: ScenesConfig) -> Layout:
    """Draws a scene without actors."""
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
        paint=_draw_room_paint(rng, tags),
    )
    return Layout(
        camera=camera,
        room=room,
        light=_draw_light(rng, "shadow" in tags),
        furniture=furnish(rng, room),
        noise_lattice=random_lattice(rng),
        sensor=Sensor.draw(rng, low_light="low_light" in tags, noise="noise" in tags),
        tags=frozenset(tags),
    )


def _draw_room_paint(rng: Random, tags: set[str]) -> Tensor:
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
    dark = (0.0, 0.0, 0.0)
    ground = paint(floor, mix(floor, dark, contrast), floor_pattern, period)
    side = paint(wall, mix(wall, dark, contrast), wall_pattern, period * 0.8)
    other = mix(wall, hsv(rng.random(), 0.4, 0.7), rng.choice((0.0, 0.5)))
    far = paint(other, mix(other, dark, contrast), wall_pattern, period * 0.8)
    return torch.tensor((ground, ceiling, side, side, far, far), dtype=torch.float32)


def _draw_light(rng: Random, shadow: bool) -> Light:
    elevation, azimuth = math.radians(rng.uniform(38, 68)), rng.uniform(-math.pi, math.pi)
    flat = math.cos(elevation)
    direction = (flat * math.sin(azimuth), math.sin(elevation), flat * math.cos(azimuth))
    warm = rng.uniform(-0.08, 0.12)
    sun, ambient = (rng.uniform(0.8, 1.5), rng.uniform(0.28, 0.45)) if shadow else (0.0, rng.uniform(0.7, 1.0))
    return Light(
        direction=torch.tensor(direction, dtype=torch.float64),
        sun=(sun * (1 + warm), sun, sun * (1 - warm)),
        ambient=(ambient * (1 - warm / 3), ambient, ambient * (1 + warm / 3)),
    )


def draw_frame(rng: Random, config: ScenesConfig, layout: Layout) -> Frame:
    """Draws a frame of the scene. Its actors cover 2–30 % of the image, most often about 10 %."""
    tags = {t for t in ("camouflage", "transparent", "reflective") if rng.random() < getattr(config, t)}
    actors: list[PlacedObject] = []
    if rng.random() >= config.empty:
        actors = _place_actors(rng, config, layout, tags)
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


def _place_actors(rng: Random, config: ScenesConfig, layout: Layout, tags: set[str]) -> list[PlacedObject]:
    target_share = rng.triangular(0.03, 0.24, 0.09)
    placed: list[PlacedObject] = []
    covered = 0.0
    for attempt in range(12):
        if len(placed) >= config.most_actors or covered > 0.75 * target_share:
            break
        actor = draw_actor(rng, _draw_finish(rng, layout, tags))
        smallest = 0.011 if placed or attempt > 6 else 0.025
        for _ in range(10):
            x, z = _random_spot(rng, layout)
            share = _image_share(actor, x, z, layout.camera)
            largest = max(1.25 * target_share, 0.03) - covered
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
    """A random visible place on the floor: (x, z). Uniform in inverse depth, so that near and far places occur."""
    camera, room = layout.camera, layout.room
    half = 0.5 * camera.size[1] / camera.focal
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
    limits = [0.5 * side / camera.focal for side in camera.size]
    half = actor.width / depth / 2
    tall = min(low, limits[0]) - max(high, -limits[0])
    wide = min(u0 + half, limits[1]) - max(u0 - half, -limits[1])
    return max(tall, 0.0) * max(wide, 0.0) * actor.fill / (4 * limits[0] * limits[1])


def _is_free(actor: Actor, x: float, z: float, layout: Layout, placed: list[PlacedObject]) -> bool:
    room, gap = layout.room, actor.radius
    inside = -room.left + gap < x < room.right - gap and 1.0 + gap < z < room.far - gap
    others = [*layout.furniture, *placed]
    return inside and all(math.dist((x, z), other.position) > gap + other.radius for other in others if other.radius)
