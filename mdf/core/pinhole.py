"""The pinhole camera: from pixels and depths to metres. The one place of this geometry. Torch-free.

Its frame is that of OpenCV: x right, y down, z ahead, along the viewing axis. The centre of the upper left pixel is
(0, 0).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mdf.core.errors import DataError

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom, each as a share of the picture's width or height."""

STEPS = 20
"""Fixed-point steps that take a lens's distortion out; as a rule five are enough."""
CLOSE = 1e-5
"""Largest error of a ray, in x/z, from which on its pixel is said to have none."""
USUAL_FOV = 60.0
"""Degrees across the picture that are assumed of a camera where nothing says them."""
SAME_SHAPE = 0.01
"""Largest difference of two aspect ratios that rounding to whole pixels explains."""


def focal_length(fov: float, width: float) -> float:
    """Focal length, in the unit of `width`, of a camera that sees `fov` degrees across `width`.

    >>> round(focal_length(90.0, 640), 9)
    320.0
    """
    return width / 2 / math.tan(math.radians(fov) / 2)


@dataclass(frozen=True)
class Intrinsics:
    """Where a camera's pixels look.

    Attributes:
        fx, fy: focal lengths in pixels.
        cx, cy: the pixel that looks straight ahead.
        width, height: size of the images in pixels.
        distortion: of the lens, as OpenCV orders it: k1 k2 p1 p2 [k3 [k4 k5 k6]]; empty = none.

    >>> camera = Intrinsics.of_fov(90.0, (480, 640))
    >>> round(camera.fx, 9), camera.cx, camera.cy
    (320.0, 319.5, 239.5)
    >>> camera.points(np.full((480, 640), 2.0))[0, 0].tolist()  # half a pixel from the picture's corner
    [-1.9968750476837158, -1.4968750476837158, 2.0]
    """

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int
    distortion: tuple[float, ...] = ()

    @classmethod
    def of_fov(cls, fov: float, size: tuple[int, int]) -> Intrinsics:
        """Square pixels, no distortion, and the axis in the middle of images of `size` (height, width)."""
        height, width = size
        focal = focal_length(fov, width)
        return cls(focal, focal, (width - 1) / 2, (height - 1) / 2, width, height)

    @property
    def shares(self) -> tuple[float, float, float, float]:
        """Focal lengths and principal point as shares of the picture, whatever it is squeezed to: fx/width, fy/height,
        x/width, y/height, the point from the upper left corner."""
        width, height = self.width, self.height
        return self.fx / width, self.fy / height, (self.cx + 0.5) / width, (self.cy + 0.5) / height

    def resized(self, size: tuple[int, int]) -> Intrinsics:
        """The same camera, whose images are scaled to `size` (height, width).

        Raises
            DataError: images of that size have another shape, so that they are a part of what was calibrated.
        """
        height, width = size
        across, down = width / self.width, height / self.height
        if abs(across / down - 1) > SAME_SHAPE:
            raise DataError(
                f"the camera's intrinsics are of images of {self.width}×{self.height} pixels, "
                f"and these have another shape: {width}×{height}",
                "give the intrinsics of images of this shape: the camera crops them",
            )
        cx, cy = (self.cx + 0.5) * across - 0.5, (self.cy + 0.5) * down - 0.5
        return Intrinsics(self.fx * across, self.fy * down, cx, cy, width, height, self.distortion)

    @cached_property
    def rays(self) -> Floats:
        """x/z and y/z of each pixel: H×W×2 float32; NaN where no point is seen through this lens."""
        return self._rays(np.arange(self.width), np.arange(self.height)[:, None]).astype(np.float32)

    def points(self, depth: NDArray[Any]) -> Floats:
        """Points in the camera's frame, …×H×W×3 float32 in the unit of `depth` …×H×W; NaN where it is not above 0."""
        z = np.where(np.isfinite(depth) & (depth > 0), depth, np.nan).astype(np.float32)[..., None]
        return np.concatenate([self.rays * z, z], -1)

    def position(self, place: tuple[float, float], depth: float) -> tuple[float, float, float]:
        """x, y, z of what is seen at `place`, shares of width and height, in the unit of `depth`."""
        x, y = self._rays(np.array(place[0] * self.width - 0.5), np.array(place[1] * self.height - 0.5)).tolist()
        return x * depth, y * depth, depth

    def extent(self, box: Box, depth: float) -> tuple[float, float]:
        """Width and height of what fills `box` at `depth`, in its unit."""
        left, top, right, bottom = box
        middle, centre = (left + right) / 2, (top + bottom) / 2
        width = self.position((right, centre), depth)[0] - self.position((left, centre), depth)[0]
        height = self.position((middle, bottom), depth)[1] - self.position((middle, top), depth)[1]
        return width, height

    def _rays(self, columns: NDArray[Any], rows: NDArray[Any]) -> Doubles:
        seen = np.stack(np.broadcast_arrays((columns - self.cx) / self.fx, (rows - self.cy) / self.fy), -1)
        return _undistorted(seen, self.distortion) if any(self.distortion) else seen


def _undistorted(seen: Doubles, distortion: tuple[float, ...]) -> Doubles:
    """The rays …×2 that a lens bends to `seen`, by fixed-point steps; NaN where these do not settle."""
    k1, k2, p1, p2, k3, k4, k5, k6 = (*distortion, *[0.0] * (8 - len(distortion)))

    def bent(rays: Doubles) -> tuple[Doubles, Doubles]:
        """How much a lens stretches rays, …×1, and by how much it shifts them, …×2."""
        x, y = rays[..., 0], rays[..., 1]
        r = x * x + y * y
        stretch = (1 + r * (k1 + r * (k2 + r * k3))) / (1 + r * (k4 + r * (k5 + r * k6)))
        shift = (2 * p1 * x * y + p2 * (r + 2 * x * x), p1 * (r + 2 * y * y) + 2 * p2 * x * y)
        return stretch[..., None], np.stack(shift, -1)

    with np.errstate(all="ignore"):
        rays = seen
        for _ in range(STEPS):
            stretch, shift = bent(rays)
            rays = (seen - shift) / stretch
        stretch, shift = bent(rays)
        settled = np.abs(rays * stretch + shift - seen).max(-1, keepdims=True) < CLOSE
        return np.where(settled & (stretch > 0), rays, np.nan)
