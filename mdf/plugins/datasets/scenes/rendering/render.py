"""A scene's frames by ray casting: exact masks and depths, and linear light."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from mdf.plugins.datasets.scenes.layout import Frame, Layout
from mdf.plugins.datasets.scenes.objects.solids import Solids, assemble
from mdf.plugins.datasets.scenes.rendering.rays import trace
from mdf.plugins.datasets.scenes.rendering.shadow import Sun, contact
from mdf.plugins.datasets.scenes.rendering.surface import (
    Surface,
    facing,
    lifted,
    on_room,
    on_solids,
    over,
    world_points,
)

OVERSAMPLE = 2
"""Colours are means of this many squared rays a pixel; masks and depth are those of the pixel's centre."""

BAND = 32768
"""Rays of one band of rows: small enough that its tensors stay in the processor's cache."""


@dataclass(frozen=True)
class Shot:
    """A drawn scene with some of its frames, ready to be rendered."""

    layout: Layout
    frames: Sequence[Frame]

    @cached_property
    def furniture(self) -> Solids:
        """What stands still, in view 0 (the empty scene)."""
        return assemble([self.layout.furniture])

    @cached_property
    def actors(self) -> Solids:
        """What each frame adds, in views 0…N−1."""
        return assemble([frame.actors for frame in self.frames])


def geometry(shot: Shot) -> tuple[Tensor, Tensor]:
    """Masks N×1×H×W uint8 and depths N×1×H×W float32 (metres along the viewing axis) at pixel centres."""
    camera = shot.layout.camera
    u, v = camera.grid()
    masks, depths = [], []
    for rows in _bands(len(u), len(v)):
        empty = _empty(shot, u, v[rows])
        depth, owner = trace(shot.actors, camera, u, v[rows], empty.expand(len(shot.frames), -1))
        depths.append(depth)
        masks.append((owner >= 0).to(torch.uint8))
    shape = (len(shot.frames), 1, len(v), len(u))
    return torch.cat(masks, 1).view(shape), torch.cat(depths, 1).view(shape)


def background_depth(shot: Shot) -> Tensor:
    """Depth of the empty scene, 1×H×W float32, as `geometry` has it where no actor is."""
    u, v = shot.layout.camera.grid()
    bands = [_empty(shot, u, v[rows]) for rows in _bands(len(u), len(v))]
    return torch.cat(bands, 1).view(1, len(v), len(u))


def _empty(shot: Shot, u: Tensor, v: Tensor) -> Tensor:
    """Depth 1×n of the empty scene for the rays at `v`×`u`."""
    wall = shot.layout.room.trace(shot.layout.camera, u, v)[0].view(1, -1)
    return trace(shot.furniture, shot.layout.camera, u, v, wall)[0]


def light(shot: Shot) -> tuple[Tensor, Tensor]:
    """Linear light of the empty scene, 3×H×W, and of each frame, N×3×H×W float32."""
    u, v = shot.layout.camera.grid(OVERSAMPLE)
    empty, shown = [], []
    for rows in _bands(len(u), len(v)):
        behind, frames = _band(shot, u, v[rows])
        shape = (3, len(v[rows]), len(u))
        empty.append(_shrink(behind.view(shape)))
        shown.append(torch.stack([_shrink(frame.view(shape)) for frame in frames]))
    return torch.cat(empty, 1), torch.cat(shown, 2)


def _bands(width: int, height: int) -> Iterator[slice]:
    rows = max(BAND // width // OVERSAMPLE * OVERSAMPLE, OVERSAMPLE)
    return (slice(start, start + rows) for start in range(0, height, rows))


def _shrink(image: Tensor) -> Tensor:
    """Mean of the rays of each pixel."""
    rows = image[:, 0::2] + image[:, 1::2]
    return (rows[..., 0::2] + rows[..., 1::2]) / 4


def _band(shot: Shot, u: Tensor, v: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Linear light 3×n of the empty scene and of each frame, for the rays at `v`×`u`."""
    layout, actors, count = shot.layout, shot.actors, len(shot.frames)
    depth, behind = _background(shot, u, v)
    nearest, owner = trace(actors, layout.camera, u, v, depth.expand(count, -1))
    on = (owner.flatten() >= 0).nonzero()[:, 0]
    view = torch.div(on, depth.numel(), rounding_mode="floor")
    pixel = on - view * depth.numel()
    row = torch.div(pixel, len(u), rounding_mode="floor")
    across, below = u.index_select(0, pixel - row * len(u)), v.index_select(0, row)
    points = world_points(layout.camera, across, below, nearest.flatten().index_select(0, on))
    front = on_solids(layout, actors, points, owner.flatten().index_select(0, on))
    shade = contact(actors, behind.points, 0.5, count)
    dark = _shadows(shot, behind, front, view)
    shown = []
    for index, frame in enumerate(shot.frames):
        changed = layout.light.changed(frame.sun, frame.ambient)
        backdrop = behind.with_light(behind.diffuse * shade[index], behind.direct.masked_fill(dark[index], 0.0))
        mine = (view == index).nonzero()[:, 0]
        shown.append(over(backdrop.lit(changed), front.pick(mine), pixel[mine], changed))
    return behind.lit(layout.light), shown


def _shadows(shot: Shot, behind: Surface, front: Surface, view: Tensor) -> Tensor:
    """Where each frame's actors hide the far light from what is behind: N×n bool.

    `front`, the actors themselves (each point in its `view`), loses the light that actors and furniture hide.
    """
    count, towards = len(shot.frames), shot.layout.light.towards
    dark = torch.zeros(count, len(behind.direct), dtype=torch.bool)
    if shot.layout.casts:
        reached = behind.direct.nonzero()[:, 0]
        dark[:, reached] = Sun(behind.points.index_select(1, reached), towards).hidden(shot.actors, count)
        reached = front.direct.nonzero()[:, 0]
        sun = Sun(lifted(front.points, front.normal).index_select(1, reached), towards)
        own = sun.hidden(shot.actors, count, view[reached]).any(0) | sun.hidden(shot.furniture, 1)[0]
        front.direct[reached[own]] = 0.0
    return dark


def _background(shot: Shot, u: Tensor, v: Tensor) -> tuple[Tensor, Surface]:
    """Depth 1×n of the empty scene, and the surfaces its rays meet."""
    layout, furniture = shot.layout, shot.furniture
    wall, face = layout.room.trace(layout.camera, u, v)
    depth, owner = trace(furniture, layout.camera, u, v, wall.view(1, -1))
    points = world_points(layout.camera, u, v[:, None], depth.view(len(v), len(u)))
    surface = on_room(layout, points, face.flatten())
    on = (owner[0] >= 0).nonzero()[:, 0]
    surface.put(on, on_solids(layout, furniture, points[:, on], owner[0, on]))
    direct = facing(layout.light, surface.normal)
    if layout.casts:
        reached = direct.nonzero()[:, 0]
        sun = Sun(lifted(points, surface.normal).index_select(1, reached), layout.light.towards)
        direct[reached[sun.hidden(furniture, 1)[0]]] = 0.0
    return depth, surface.with_light(surface.diffuse * contact(furniture, points, 0.4, 1)[0], direct)
