"""The room around the camera: floor, ceiling and walls. They give every pixel a finite depth."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mdf.plugins.datasets.scenes.camera import Camera
from mdf.plugins.datasets.scenes.objects.paint import albedo

FLOOR, CEILING, LEFT, RIGHT, NEAR, FAR = range(6)


@dataclass(frozen=True)
class Room:
    """An axis-aligned room: x in −`left`…`right`, y in 0…`top`, z in −`near`…`far`, in metres.

    `paint` has a paint row for each face, 6×P float32.
    """

    left: float
    right: float
    top: float
    near: float
    far: float
    paint: Tensor

    def exit(self, start: tuple[Tensor, ...], ray: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        """Where rays that start inside leave the room: ray parameter and face, with the broadcast shape of the
        arguments."""
        limits = ((-self.left, self.right), (0.0, self.top), (-self.near, self.far))
        faces = ((LEFT, RIGHT), (FLOOR, CEILING), (NEAR, FAR))
        best, face = torch.tensor(torch.inf), torch.tensor(0)
        for s, r, (low, high), (low_face, high_face) in zip(start, ray, limits, faces, strict=True):
            forward = r >= 0
            bound = torch.tensor(high).where(forward, low)
            t = (bound - s) / r.abs().clamp(min=1e-9).where(forward, -r.abs().clamp(min=1e-9))
            face = torch.where(t < best, torch.tensor(high_face).where(forward, low_face), face)
            best = torch.minimum(best, t)
        return best, face

    def trace(self, camera: Camera, u: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Depth (h×w float32) and face (h×w int64) along the rays at `v`×`u`."""
        start = tuple(torch.tensor(float(c)) for c in camera.origin)
        depth, face = self.exit(start, directions(camera, u, v))
        return depth, face

    def albedo(self, points: Tensor, face: Tensor, lattice: Tensor) -> Tensor:
        """Albedo 3×n of points (3×n) on faces (n int64)."""
        x, y, z = points
        flat = face <= CEILING
        across = z.where((face == LEFT) | (face == RIGHT), x)
        return albedo(self.paint, face, across, z.where(flat, y), lattice)

    def normals(self, face: Tensor) -> Tensor:
        """Unit normals of faces (n int64), pointing inwards: 3×n."""
        normals = torch.zeros(6, 3)
        for index, (axis, sign) in enumerate(((1, 1), (1, -1), (0, 1), (0, -1), (2, 1), (2, -1))):
            normals[index, axis] = sign
        return normals.T.index_select(1, face)

    def diffuse_light(self, points: Tensor) -> Tensor:
        """The share of ambient light that points (3×n) on the faces receive. It falls near edges: n, 0.55–1."""
        x, y, z = points
        nearer, farther = _sorted(x + self.left, self.right - x)
        low, high = _sorted(y, self.far - z)
        second = torch.minimum(torch.maximum(nearer, low), torch.minimum(farther, high)).clamp(min=0)
        return 0.55 + 0.45 * second / (second + 0.35)


def _sorted(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    return torch.minimum(a, b), torch.maximum(a, b)


def directions(camera: Camera, u: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """World coordinates x, y and z of the rays at `v`×`u`, h×w float32 each."""
    right, down, forward = camera.axes.float()
    x, y, z = (forward[i] + right[i] * u + down[i] * v[:, None] for i in range(3))
    return x, y, z
