"""The static pinhole camera, and the rays of its pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor


@dataclass(frozen=True)
class Camera:
    """A camera at (0, `height`, 0) metres. x points right, y up, z into the room.

    A ray is `forward + u·right + v·down`. Its component along the viewing axis is 1, so the ray's parameter *is* the
    depth along the axis.

    Attributes:
        height: metres above the ground.
        pitch, yaw: radians; positive pitch looks down, positive yaw looks to the right.
        fov: field of view across the longer side of the image, radians.
        size: (height, width) of the image in pixels.
    """

    height: float
    pitch: float
    yaw: float
    fov: float
    size: tuple[int, int]

    @property
    def focal(self) -> float:
        """Focal length in pixels."""
        return 0.5 * max(self.size) / math.tan(self.fov / 2)

    @property
    def focals(self) -> tuple[float, float]:
        """Focal lengths down and across the image, in pixels."""
        return self.focal, self.focal

    @property
    def middle(self) -> tuple[float, float]:
        """Where the viewing axis meets the image, in pixels from its top and from its left."""
        return self.size[0] / 2, self.size[1] / 2

    @cached_property
    def axes(self) -> Tensor:
        """The rows right, down and forward, in world coordinates: 3×3 float64."""
        sy, cy, sp, cp = math.sin(self.yaw), math.cos(self.yaw), math.sin(self.pitch), math.cos(self.pitch)
        right = (cy, 0.0, -sy)
        down = (-sy * sp, -cp, -cy * sp)
        forward = (sy * cp, -sp, cy * cp)
        return torch.tensor((right, down, forward), dtype=torch.float64)

    @cached_property
    def origin(self) -> Tensor:
        """The camera's position: 3 float64, metres."""
        return torch.tensor((0.0, self.height, 0.0), dtype=torch.float64)

    def grid(self, oversample: int = 1) -> tuple[Tensor, Tensor]:
        """Ray coordinates of the (sub)pixel centres: u (W·`oversample`) and v (H·`oversample`), float32."""

        def centres(axis: int) -> Tensor:
            pixels = (torch.arange(self.size[axis] * oversample, dtype=torch.float64) + 0.5) / oversample
            return ((pixels - self.middle[axis]) / self.focals[axis]).float()

        return centres(1), centres(0)

    @cached_property
    def _rows(self) -> list[list[float]]:
        return [[float(c) for c in row] for row in self.axes]

    def to_camera(self, x: float, y: float, z: float) -> tuple[float, float, float]:
        """A world point in camera coordinates, in metres: to the right, down, and along the viewing axis."""
        right, down, ahead = (a * x + b * (y - self.height) + c * z for a, b, c in self._rows)
        return right, down, ahead

    def project(self, points: Tensor) -> Tensor:
        """World points …×3 float64 → …×3 of (u, v, depth)."""
        x, y, z = ((points - self.origin) @ self.axes.T).unbind(-1)
        return torch.stack((x / z, y / z, z), -1)
