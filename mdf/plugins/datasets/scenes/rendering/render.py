"""Renders the frames of a scene by ray casting: exact masks and depths, and linear light."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from mdf.plugins.datasets.scenes.objects.primitives import Primitives, assemble
from mdf.plugins.datasets.scenes.places.layout import Frame, Layout
from mdf.plugins.datasets.scenes.rendering.rays import trace
from mdf.plugins.datasets.scenes.rendering.shadow import ShadowTest, contact_shadow
from mdf.plugins.datasets.scenes.rendering.surface import (
    Surface,
    composite,
    direct_light,
    lift_off_surface,
    object_surface,
    room_surface,
    world_points,
)

OVERSAMPLE = 2
"""A pixel's colour is the mean of this number squared of rays. Mask and depth are those of the pixel's centre."""

BAND_RAYS = 32768
"""Number of rays that are rendered at once (a band of rows). Their tensors stay in the CPU cache."""


@dataclass(frozen=True)
class Shot:
    """A scene's layout and some of its frames."""

    layout: Layout
    frames: Sequence[Frame]

    @cached_property
    def furniture(self) -> Primitives:
        """The furniture, in view 0 (the empty scene)."""
        return assemble([self.layout.furniture])

    @cached_property
    def actors(self) -> Primitives:
        """The actors of each frame, in views 0…N−1."""
        return assemble([frame.actors for frame in self.frames])


def geometry(shot: Shot) -> tuple[Tensor, Tensor]:
    """Masks (N×1×H×W uint8) and depths (N×1×H×W float32, metres along the viewing axis) at the pixel centres."""
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
    """Depth of the empty scene, 1×H×W float32, metres. Where there is no actor, `geometry` gives the same bits."""
    u, v = shot.layout.camera.grid()
    bands = [_empty(shot, u, v[rows]) for rows in _bands(len(u), len(v))]
    return torch.cat(bands, 1).view(1, len(v), len(u))


def _empty(shot: Shot, u: Tensor, v: Tensor) -> Tensor:
    """Depth 1×n of the empty scene for the rays at `v`×`u`."""
    wall = shot.layout.room.trace(shot.layout.camera, u, v)[0].view(1, -1)
    return trace(shot.furniture, shot.layout.camera, u, v, wall)[0]


def linear_light(shot: Shot) -> tuple[Tensor, Tensor]:
    """Linear light of the empty scene (3×H×W float32) and of each frame (N×3×H×W float32)."""
    u, v = shot.layout.camera.grid(OVERSAMPLE)
    empty, shown = [], []
    for rows in _bands(len(u), len(v)):
        behind, frames = _render_band(shot, u, v[rows])
        shape = (3, len(v[rows]), len(u))
        empty.append(_pixel_means(behind.view(shape)))
        shown.append(torch.stack([_pixel_means(frame.view(shape)) for frame in frames]))
    return torch.cat(empty, 1), torch.cat(shown, 2)


def _bands(width: int, height: int) -> Iterator[slice]:
    rows = max(BAND_RAYS // width // OVERSAMPLE * OVERSAMPLE, OVERSAMPLE)
    return (slice(start, start + rows) for start in range(0, height, rows))


def _pixel_means(image: Tensor) -> Tensor:
    """The mean over the rays of each pixel."""
    rows = image[:, 0::2] + image[:, 1::2]
    return (rows[..., 0::2] + rows[..., 1::2]) / 4


def _render_band(shot: Shot, u: Tensor, v: Tensor) -> tuple[Tensor, list[Tensor]]:
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
    front = object_surface(layout, actors, points, owner.flatten().index_select(0, on))
    contact = contact_shadow(actors, behind.points, 0.5, count)
    shadowed = _shadows(shot, behind, front, view)
    shown = []
    for index, frame in enumerate(shot.frames):
        light = layout.light.scaled(frame.sun, frame.ambient)
        backdrop = behind.with_light(behind.diffuse * contact[index], behind.direct.masked_fill(shadowed[index], 0.0))
        in_frame = (view == index).nonzero()[:, 0]
        shown.append(composite(backdrop.radiance(light), front.select(in_frame), pixel[in_frame], light))
    return behind.radiance(layout.light), shown


def _shadows(shot: Shot, behind: Surface, front: Surface, view: Tensor) -> Tensor:
    """Which points of the empty scene are in the shadow of each frame's actors: N×n bool.

    Also sets the direct light of `front` (the actors' points, each in its `view`) to 0, in place, if an actor or
    furniture shadows it.
    """
    count, direction = len(shot.frames), shot.layout.light.direction
    shadowed = torch.zeros(count, len(behind.direct), dtype=torch.bool)
    if shot.layout.has_shadows:
        lit = behind.direct.nonzero()[:, 0]
        shadowed[:, lit] = ShadowTest(behind.points.index_select(1, lit), direction).in_shadow(shot.actors, count)
        lit = front.direct.nonzero()[:, 0]
        test = ShadowTest(lift_off_surface(front.points, front.normal).index_select(1, lit), direction)
        own = test.in_shadow(shot.actors, count, view[lit]).any(0) | test.in_shadow(shot.furniture, 1)[0]
        front.direct[lit[own]] = 0.0
    return shadowed


def _background(shot: Shot, u: Tensor, v: Tensor) -> tuple[Tensor, Surface]:
    """Depth 1×n of the empty scene, and the surfaces that its rays meet."""
    layout, furniture = shot.layout, shot.furniture
    wall, face = layout.room.trace(layout.camera, u, v)
    depth, owner = trace(furniture, layout.camera, u, v, wall.view(1, -1))
    points = world_points(layout.camera, u, v[:, None], depth.view(len(v), len(u)))
    surface = room_surface(layout, points, face.flatten())
    on = (owner[0] >= 0).nonzero()[:, 0]
    surface.overwrite(on, object_surface(layout, furniture, points[:, on], owner[0, on]))
    direct = direct_light(layout.light, surface.normal)
    if layout.has_shadows:
        lit = direct.nonzero()[:, 0]
        test = ShadowTest(lift_off_surface(points, surface.normal).index_select(1, lit), layout.light.direction)
        direct[lit[test.in_shadow(furniture, 1)[0]]] = 0.0
    return depth, surface.with_light(surface.diffuse * contact_shadow(furniture, points, 0.4, 1)[0], direct)
