"""The ground in a depth map: the largest plane that lies below the camera and is roughly level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float32]]
Points = np.ndarray[Any, np.dtype[np.float64]]

LEVEL = 0.75
"""Smallest vertical component of a ground's normal in the image: the camera may look down by up to 41°."""

TRIES = 150
WITHIN = 0.03
"""Metres from a plane within which a point supports it."""

LEAST = 0.03
"""Smallest share of the points that are on a ground."""


@dataclass(frozen=True, slots=True)
class Ground:
    """The plane n·p = `height` in the camera's frame (x right, y down, z ahead; metres), n pointing down.

    `height` is the camera's distance from it.
    """

    normal: tuple[float, float, float]
    height: float

    def down(self, across: float, metres: float) -> float:
        """y of the point of the ground at depth `metres` in the direction x/z = `across`."""
        x, y, z = self.normal
        return (self.height - (x * across + z) * metres) / y

    def distance(self, x: Any, y: Any, z: Any) -> Any:
        """How far points lie above (negative) or below it, metres."""
        return self.normal[0] * x + self.normal[1] * y + self.normal[2] * z - self.height


def find_ground(depth: Floats, focal: float) -> Ground | None:
    """The ground of a depth map (H×W metres, infinite = unknown), or None if there is no such plane.

    Each point of a coarse grid proposes a plane: the plane through the point with the point's normal (the cross product
    of the differences to its neighbours). The plane with the most points on it is refined by least squares.
    """
    return find_plane(_grid(depth, focal))


def find_plane(points: Points, level: float = LEVEL, within: float = 0.0) -> Ground | None:
    """The largest plane of points R×C×3 (metres, NaN = unknown) whose normal has a vertical component of more than
    `level`, or None if there is no such plane.

    Points support it within `WITHIN` metres, or within the share `within` of their depth if that is more. It is found
    as `find_ground` says.
    """
    normals = _normals(points)
    at, facing = points.reshape(-1, 3), normals.reshape(-1, 3)
    offers = np.flatnonzero((facing[:, 1] > level) & ((facing * at).sum(1) > 0.1))
    known = at[np.isfinite(at).all(1)]
    if not len(offers):
        return None
    offers = offers[np.linspace(0, len(offers) - 1, min(len(offers), TRIES)).astype(int)]
    heights = (facing[offers] * at[offers]).sum(1)
    near = np.abs(known @ facing[offers].T - heights) < tolerance(known[:, 2:], within)
    best = near[:, near.sum(0).argmax()]
    if best.sum() < LEAST * points.shape[0] * points.shape[1]:
        return None
    return _fitted(known[best], level)


def tolerance(depth: Any, within: float) -> Any:
    """How far from a plane points at `depth` are that are on it, metres."""
    return np.maximum(WITHIN, within * depth)


def _fitted(points: Points, level: float) -> Ground | None:
    centre = points.mean(0)
    _, _, axes = np.linalg.svd(points - centre, full_matrices=False)
    normal = axes[2] * np.sign(axes[2] @ centre or 1.0)
    height = float(normal @ centre)
    if normal[1] < level or height <= 0:
        return None
    return Ground((float(normal[0]), float(normal[1]), float(normal[2])), height)


def _grid(depth: Floats, focal: float) -> Points:
    """Points in about 40 rows: R×C×3, NaN where the depth is unknown."""
    height, width = depth.shape
    step = max(1, height // 40)
    rows, columns = np.arange(step // 2, height, step), np.arange(step // 2, width, step)
    z = depth[np.ix_(rows, columns)].astype(np.float64)
    z[~np.isfinite(z)] = np.nan
    x = (columns + 0.5 - width / 2) / focal * z
    y = ((rows + 0.5 - height / 2) / focal)[:, None] * z
    return np.stack((x, y, z), -1)


def _normals(points: Points) -> Points:
    """Unit normals R×C×3 pointing away from the camera, 0 where they are unknown."""
    normals = np.zeros_like(points)
    across = points[1:-1, 2:] - points[1:-1, :-2]
    down = points[2:, 1:-1] - points[:-2, 1:-1]
    found = np.cross(across, down)
    length = np.linalg.norm(found, axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.nan_to_num(found / length)
    away = np.nan_to_num((found * points[1:-1, 1:-1]).sum(-1, keepdims=True))
    normals[1:-1, 1:-1] = found * np.sign(away)
    return normals
