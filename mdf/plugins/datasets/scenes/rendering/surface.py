"""The surfaces that rays meet, and the light that they send to the camera. All tensors are float32."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from mdf.plugins.datasets.scenes.camera import Camera
from mdf.plugins.datasets.scenes.light import Light
from mdf.plugins.datasets.scenes.objects.paint import MIRROR, OPACITY, albedo
from mdf.plugins.datasets.scenes.objects.primitives import Primitives

if TYPE_CHECKING:
    from mdf.plugins.datasets.scenes.places.layout import Layout


@dataclass(frozen=True)
class Surface:
    """n points on surfaces.

    Attributes:
        points: 3×n, metres.
        albedo: 3×n, linear, 0–1.
        normal: 3×n, unit length.
        diffuse, direct: shares of the ambient light and of the distant light that the points receive, n, 0–1.
        opacity: n, 0–1; below 1 the backdrop is visible through the surface.
    """

    points: Tensor
    albedo: Tensor
    normal: Tensor
    diffuse: Tensor
    direct: Tensor
    opacity: Tensor

    def with_light(self, diffuse: Tensor, direct: Tensor) -> Surface:
        """The same points with other light."""
        return replace(self, diffuse=diffuse, direct=direct)

    def select(self, index: Tensor) -> Surface:
        """The points at `index`."""
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

    def overwrite(self, index: Tensor, other: Surface) -> None:
        """Replace albedo, normal and diffuse light of the points at `index`, in place."""
        self.albedo[:, index], self.normal[:, index] = other.albedo, other.normal
        self.diffuse[index] = other.diffuse

    def radiance(self, light: Light) -> Tensor:
        """Linear light that the points send to the camera: 3×n."""
        return torch.stack(
            [self.albedo[c] * (self.diffuse * light.ambient[c] + self.direct * light.sun[c]) for c in range(3)]
        )


def composite(backdrop: Tensor, front: Surface, pixel: Tensor, light: Light) -> Tensor:
    """Draws `front` over the backdrop's light (3×n) at `pixel`, in place, and returns it."""
    behind = backdrop.index_select(1, pixel)
    backdrop[:, pixel] = behind + (front.radiance(light) - behind) * front.opacity
    return backdrop


def world_points(camera: Camera, across: Tensor, below: Tensor, depth: Tensor) -> Tensor:
    """World points at `depth` along the rays (`across`, `below`): 3×n. The shapes broadcast and are flattened."""
    right, down, forward = camera.axes.tolist()
    origin = camera.origin.tolist()
    return torch.stack(
        [((across * right[i] + (below * down[i] + forward[i])) * depth + origin[i]).flatten() for i in range(3)]
    )


def lift_off_surface(points: Tensor, normal: Tensor) -> Tensor:
    """Points moved a little along their normals, so that a surface does not shadow itself."""
    return points + normal * 0.015


def direct_light(light: Light, normal: Tensor) -> Tensor:
    """The share of the distant light that surfaces with these normals (3×n) receive: n, 0–1."""
    x, y, z = (float(part) for part in light.direction)
    return (normal[0] * x + normal[1] * y + normal[2] * z).clamp(min=0)


def room_surface(layout: Layout, points: Tensor, face: Tensor) -> Surface:
    """The surface of the room at points (3×n) on faces (n int64)."""
    colour = layout.room.albedo(points, face, layout.noise_lattice)
    normal, diffuse = layout.room.normals(face), layout.room.diffuse_light(points)
    return Surface(points, colour, normal, diffuse, diffuse, torch.ones_like(diffuse))


def object_surface(layout: Layout, primitives: Primitives, points: Tensor, owner: Tensor) -> Surface:
    """The surface of primitives at points (3×n). `owner` (n int64) is the primitive of each point."""
    matrix = primitives.to_unit.float().flatten(1).index_select(0, owner)
    offset = points.T - primitives.centre.float().index_select(0, owner)
    rows, box = primitives.paint.index_select(0, owner), owner >= primitives.ellipsoids
    x, y, z = offset.unbind(1)
    unit = torch.stack([matrix[:, 3 * i] * x + matrix[:, 3 * i + 1] * y + matrix[:, 3 * i + 2] * z for i in range(3)])
    outer = unit.abs() >= unit.abs().amax(0)
    i, j, k = unit.where(outer | ~box, 0.0)
    normal = torch.stack([matrix[:, c] * i + matrix[:, 3 + c] * j + matrix[:, 6 + c] * k for c in range(3)])
    length = normal[0] * normal[0] + normal[1] * normal[1] + normal[2] * normal[2]
    normal = normal / length.sqrt().clamp(min=1e-9)
    metres = unit * primitives.axes.square().sum(1).sqrt().float().index_select(0, owner).T
    across, along = metres[2].where(box & outer[0], metres[0]), metres[2].where(box & outer[1], metres[1])
    colour = albedo(primitives.paint, owner, across + 40, along + 40, layout.noise_lattice)
    if bool((rows[:, MIRROR] > 0).any()):
        colour = colour + (_mirrored(layout, points, normal) - colour) * rows[:, MIRROR]
    return Surface(
        points, colour, normal, 0.72 + 0.28 * normal[1], direct_light(layout.light, normal), rows[:, OPACITY]
    )


def _mirrored(layout: Layout, points: Tensor, normal: Tensor) -> Tensor:
    """The room's albedo that mirrors at points (3×n) would show: 3×n."""
    ray = points - layout.camera.origin.float()[:, None]
    twice_across = 2 * (ray[0] * normal[0] + ray[1] * normal[1] + ray[2] * normal[2])
    bounced, off = ray - normal * twice_across, lift_off_surface(points, normal)
    t, face = layout.room.exit(off.unbind(), bounced.unbind())
    return layout.room.albedo(off + bounced * t, face, layout.noise_lattice)
