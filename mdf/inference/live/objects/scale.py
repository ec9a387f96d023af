"""From shares of the picture and depths to places and speeds in metres. Torch-free."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mdf.core.pinhole import Intrinsics
from mdf.core.tracker import Track

STEP = 0.1
"""Seconds over which a speed is told: long enough for rounding, too short for a turn."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What depths and places mean.

    Attributes:
        unit: `m` or `relative`.
        factor: what predicted depths are multiplied with.
        camera: the intrinsics of the frames; None = unknown.
        aspect: the picture's width by its height.
    """

    unit: str = "relative"
    factor: float = 1.0
    camera: Intrinsics | None = None
    aspect: float = 1.0

    def position(self, foot: tuple[float, float], depth: float) -> tuple[float, float] | None:
        """Metres to the right of the camera's axis, and along it; None where they cannot be told."""
        if self.unit != "m" or self.camera is None or not math.isfinite(depth):
            return None
        right, _, ahead = self.camera.position(foot, depth)
        return (right, ahead) if math.isfinite(right) else None

    def speed(self, track: Track) -> tuple[float, str]:
        """Over the ground in `m/s` where that is known, else in `widths/s` of the picture."""
        across, along = track.velocity
        foot, depth = ((track.box[0] + track.box[2]) / 2, track.box[3]), track.depth * self.factor
        now = self.position(foot, depth)
        later = self.position((foot[0] + STEP * across, foot[1]), depth + STEP * track.depth_rate * self.factor)
        if now is None or later is None:
            return math.hypot(across, along / self.aspect), "widths/s"
        return math.dist(now, later) / STEP, "m/s"
