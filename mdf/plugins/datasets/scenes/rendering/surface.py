"""The surfaces that rays meet, and the light that they send back. All tensors float32."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from mdf.plugins.datasets.scenes.camera import Camera
from mdf.plugins.datasets.scenes.light import Light
from mdf.plugins.datasets.scenes.objects.paint import albedo
from mdf.plugins.datasets.scenes.objects.solids import Solids

if TYPE_CHECKING:
    from mdf.plugins.datasets.scenes.layout import Layout


@dataclass(frozen=True)
class Surface:
    """n points on surfaces.

    Attributes:
        points: 3×n, metres. albedo: 3×n, linear. normal: 3×n, unit length.
        diffuse, direct: shares of the light from everywhere and of the far light that they receive, n, 0–1.
        opacity: n, 0–1; what is behind shines through the rest.
    """

    points: Tensor
    albedo: Tensor
    normal: Tensor
    diffuse: Tensor
    direct: Tensor
    opacity: Tensor

    def with_light(self, diffuse: Tensor, direct: Tensor) -> Surface:
        """The same surfaces otherwise lit."""
        return replace(self, diffuse=diffuse, direct=direct)

    def pick(self, index: Tensor) -> Surface:
        """Some of the points."""
        columns = (self.points, self.albedo, self.normal)
        points, albedo, normal = (column.index_select(1, index) for column in columns)
        return Surface(
            points,
            albedo,
            normal,
            self.diffuse.index_select(0, index),
            self.direct.index_select(0, index),
            self.opacity.index_select(0, index),
        )

    def put(self, index: Tensor, other: Surface) -> None:
        """Overwrite the points at `index` (in place: these tensors were made for it)."""
        self.albedo[:, index], self.normal[:, index] = other.albedo, other.normal
        self.diffuse[index] = other.diffuse

    def lit(self, light: Light) -> Tensor:
        """Linear light sent to the camera: 3×n."""
        return torch.stack(
            [self.albedo[c] * (self.diffuse * light.ambient[c] + self.direct * light.sun[c]) for c in range(3)]
        )


def over(backdrop: Tensor, front: Surface, pixel: Tensor, light: Light) -> Tensor:
    """Light 3×n of the backdrop with `front` before it at `pixel`."""
    behind = backdrop.index_select(1, pixel)
    backdrop[:, pixel] = behind + (front.lit(light) - behind) * front.opacity
    return backdrop


def world_points(camera: Camera, across: Tensor, below: Tensor, depth: Tensor) -> Tensor:
    """The points at `depth` along the rays (`across`, `below`), whose shapes broadcast: 3×n, flattened."""
    right, down, forward = camera.axes.tolist()
    origin = camera.origin.tolist()
    return torch.stack(
        [((across * right[i] + (below * down[i] + forward[i])) * depth + origin[i]).flatten() for i in range(3)]
    )


def lifted(points: Tensor, normal: Tensor) -> Tensor:
    """Points a little off their surface, so that it does not hide itself."""
    return points + normal * 0.015


def facing(light: Light, normal: Tensor) -> Tensor:
    """Share of the far light that a surface with these normals (3×n) takes: n."""
    x, y, z = (float(part) for part in light.towards)
    return (normal[0] * x + normal[1] * y + normal[2] * z).clamp(min=0)


def on_room(layout: Layout, points: Tensor, face: Tensor) -> Surface:
    """The room's faces at points 3×n."""
    colour = layout.room.albedo(points, face, layout.heights)
    normal, diffuse = layout.room.inward(face), layout.room.corner_light(points)
    return Surface(points, colour, normal, diffuse, diffuse, torch.ones_like(diffuse))


def on_solids(layout: Layout, solids: Solids, points: Tensor, owner: Tensor) -> Surface:
    """The primitives `owner` (n int64) at points 3×n."""
    matrix = solids.to_unit.float().flatten(1).index_select(0, owner)
    offset = points.T - solids.centre.float().index_select(0, owner)
    rows, box = solids.paint.index_select(0, owner), owner >= solids.balls
    x, y, z = offset.unbind(1)
    unit = torch.stack([matrix[:, 3 * i] * x + matrix[:, 3 * i + 1] * y + matrix[:, 3 * i + 2] * z for i in range(3)])
    outer = unit.abs() >= unit.abs().amax(0)
    i, j, k = unit.where(outer | ~box, 0.0)
    normal = torch.stack([matrix[:, c] * i + matrix[:, 3 + c] * j + matrix[:, 6 + c] * k for c in range(3)])
    length = normal[0] * normal[0] + normal[1] * normal[1] + normal[2] * normal[2]
    normal = normal / length.sqrt().clamp(min=1e-9)
    metres = unit * solids.axes.square().sum(1).sqrt().float().index_select(0, owner).T
    across, along = metres[2].where(box & outer[0], metres[0]), metres[2].where(box & outer[1], metres[1])
    colour = albedo(solids.paint, owner, across + 40, along + 40, layout.heights)
    if layout.mirrors(rows):
        colour = colour + (_mirrored(layout, points, normal) - colour) * rows[:, 9]
    return Surface(points, colour, normal, 0.72 + 0.28 * normal[1], facing(layout.light, normal), rows[:, 8])


def _mirrored(layout: Layout, points: Tensor, normal: Tensor) -> Tensor:
    """The room's albedo where a mirror at points would show it: 3×n."""
    ray = points - layout.camera.origin.float()[:, None]
    towards = 2 * (ray[0] * normal[0] + ray[1] * normal[1] + ray[2] * normal[2])
    bounced, off = ray - normal * towards, lifted(points, normal)
    t, face = layout.room.exit(off.unbind(), bounced.unbind())
    return layout.room.albedo(off + bounced * t, face, layout.heights)
