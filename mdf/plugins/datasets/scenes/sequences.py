"""Sequences of one fixed camera: people walk, cross, turn back, stop or leave a bag; exact masks, depths and ids."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

import torch
from torch import Tensor

from mdf.plugins.datasets.scenes.camera import Camera
from mdf.plugins.datasets.scenes.config import ScenesConfig
from mdf.plugins.datasets.scenes.generate import random_stream
from mdf.plugins.datasets.scenes.objects.actors import Finish, box, person
from mdf.plugins.datasets.scenes.objects.parts import PlacedObject
from mdf.plugins.datasets.scenes.places.layout import Frame, Layout
from mdf.plugins.datasets.scenes.places.rooms import draw_room
from mdf.plugins.datasets.scenes.rendering.render import Shot, geometry, linear_light
from mdf.plugins.datasets.scenes.sensor import Sensor, auto_exposure

Story = Literal["walk", "cross", "turn-back", "stop", "bag", "light", "far"]
PACE = 1.2
"""Metres a second of somebody who walks."""
STEP = 0.7
"""Metres of a step."""
ENTERING = 1.0
"""Seconds of the empty scene before anybody comes."""
DARKER = 0.35
"""How much of the light is left when it is switched."""


@dataclass(frozen=True)
class RenderedSequence:
    """The frames of one story in time.

    Attributes:
        bg: 3×H×W uint8, the empty scene.
        frames: N×3×H×W uint8.
        ids: N×H×W uint8, the number of the actor that each pixel shows; 0 = the empty scene.
        depth: N×H×W float32, metres along the viewing axis.
        times: N seconds.
        fov: field of view across the picture, degrees.
    """

    bg: Tensor
    frames: Tensor
    ids: Tensor
    depth: Tensor
    times: tuple[float, ...]
    fov: float

    @property
    def mask(self) -> Tensor:
        """N×H×W bool: pixels that show an actor."""
        return self.ids > 0


@dataclass(frozen=True)
class Place:
    """Where an actor is at a moment, seen from the camera: metres to the right, metres away; and how far it has walked.

    `None` metres walked = it stands.
    """

    side: float
    away: float
    walked: float | None
    facing: float = 0.0


Path = Callable[[float], Place | None]
"""Where an actor is, by the time in seconds; None = it is not there."""


def render_sequence(
    story: Story, seed: int, size: tuple[int, int] = (96, 160), fps: float = 10.0, noise: bool = True
) -> RenderedSequence:
    """Render a story at `size` (height, width). The same arguments give the same bytes.

    `walk`: one walks through. `cross`: two walk past each other at different distances. `turn-back`: two meet, and each
    goes back. `stop`: one comes, stands, and goes on. `bag`: one leaves a box behind. `light`: the light is switched
    while one walks. `far`: one walks far away, and three quarters of the time nobody is there.
    """
    rng = random_stream("sequence", story, seed)
    config = ScenesConfig(size=size, low_light=0, noise=0, textured_background=0, repetitive_background=0)
    layout = draw_room(random_stream("sequence", "room", seed), config)
    furniture = [replace(one, x=one.x, z=14.0) for one in layout.furniture[:3]]  # behind everybody
    camera, room = replace(layout.camera, yaw=0.0), replace(layout.room, far=16.0)
    layout = replace(layout, furniture=furniture, camera=camera, room=room)
    paths, seconds = _paths(story, rng, layout.camera)
    times = tuple(number / fps for number in range(round(seconds * fps)))
    looks = [rng.getrandbits(32) for _ in paths]
    actors = [
        [_placed(path(time), look, number) for number, (path, look) in enumerate(zip(paths, looks, strict=True))]
        for time in times
    ]
    frames = [
        Frame([one for one in there if one is not None], *_light(story, time, seconds), _sensor(layout, rng, noise))
        for there, time in zip(actors, times, strict=True)
    ]
    return _render(layout, frames, actors, times)


def _paths(story: Story, rng: Random, camera: Camera) -> tuple[list[Path], float]:
    """Where each actor is, and how long the story takes."""
    near, far = rng.uniform(3.6, 4.4), rng.uniform(5.6, 6.8)
    edge = 0.5 * camera.size[1] / camera.focal

    def across(away: float, direction: int, begin: float, stop: float = 0.0, back: bool = False) -> Path:
        reach = edge * away + 0.6
        half = reach / PACE

        def at(time: float) -> Place | None:
            passed = time - begin
            if not 0 <= passed <= 2 * half + stop:
                return None
            if passed <= half:
                return Place(direction * (PACE * passed - reach), away, PACE * passed, direction * math.pi / 2)
            if passed <= half + stop:
                return Place(0.0, away, None, 0.0)
            gone = PACE * (passed - half - stop)
            turned = -direction if back else direction
            return Place(turned * gone, away, gone, turned * math.pi / 2)

        return at

    def length(away: float) -> float:
        return 2 * (edge * away + 0.6) / PACE

    begin = ENTERING
    if story == "cross":
        later = begin + (length(far) - length(near)) / 2
        return [across(near, 1, later), across(far, -1, begin)], begin + length(far) + 1
    if story == "turn-back":
        later = begin + (length(far) - length(near)) / 2
        return [across(near, 1, later, 0.6, back=True), across(far, -1, begin, 0.6, back=True)], begin + length(
            far
        ) + 1.6
    if story == "stop":
        return [across(near, 1, begin, 4.0)], begin + length(near) + 5
    if story == "bag":
        walker, dropped = across(near, 1, begin, 0.8), begin + length(near) / 2 + 0.4
        return [walker, lambda time: Place(0.5, near, None) if time >= dropped else None], begin + length(near) + 4
    if story == "far":
        return [across(rng.uniform(11.0, 13.0), 1, begin)], 4 * length(12.0)
    return [across(near, 1, begin)], begin + length(near) + 1


def _placed(place: Place | None, look: int, number: int) -> PlacedObject | None:
    if place is None:
        return None
    rng = Random(look)
    if number and place.walked is None and place.side == 0.5:
        actor = box(rng, Finish())
    else:
        swing = 0.0 if place.walked is None else 0.5 * math.sin(math.pi * place.walked / STEP)
        actor = person(rng, Finish(), swing)
    return PlacedObject(actor.parts, place.side, place.away, place.facing, actor.radius)


def _light(story: Story, time: float, seconds: float) -> tuple[float, float]:
    """Factors of sun and ambient light."""
    switched = story == "light" and time >= seconds / 2
    return (DARKER, DARKER) if switched else (1.0, 1.0)


def _sensor(layout: Layout, rng: Random, noise: bool) -> Sensor:
    return replace(layout.sensor, noise_seed=rng.getrandbits(48), sigma=layout.sensor.sigma if noise else 0.0)


def _render(
    layout: Layout,
    frames: Sequence[Frame],
    actors: Sequence[Sequence[PlacedObject | None]],
    times: tuple[float, ...],
) -> RenderedSequence:
    empty_light, lights = linear_light(Shot(layout, frames))
    exposure = auto_exposure(empty_light)
    shown = [frame.sensor.develop(light, exposure) for frame, light in zip(frames, lights, strict=True)]
    _, depth = geometry(Shot(layout, frames))
    return RenderedSequence(
        bg=replace(layout.sensor, sigma=0.0).develop(empty_light, exposure),
        frames=torch.stack(shown),
        ids=_ids(layout, frames, actors),
        depth=depth[:, 0],
        times=times,
        fov=math.degrees(2 * math.atan(0.5 * layout.camera.size[1] / layout.camera.focal)),
    )


def _ids(layout: Layout, frames: Sequence[Frame], actors: Sequence[Sequence[PlacedObject | None]]) -> Tensor:
    """Which actor each pixel shows: of those that are alone there, the nearest."""
    ids: list[Tensor] = []
    height, width = layout.camera.size
    for frame, there in zip(frames, actors, strict=True):
        nearest = torch.full((height, width), math.inf)
        shown = torch.zeros(height, width, dtype=torch.uint8)
        for number, one in enumerate(there, 1):
            if one is None:
                continue
            mask, depth = geometry(Shot(layout, [replace(frame, actors=[one])]))
            first = (mask[0, 0] > 0) & (depth[0, 0] < nearest)
            nearest, shown = torch.where(first, depth[0, 0], nearest), torch.where(first, number, shown)
        ids.append(shown.to(torch.uint8))
    return torch.stack(ids)
