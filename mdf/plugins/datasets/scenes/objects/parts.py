"""Building objects from parts in their own frame: x to the right, y up, z forward, standing on y = 0."""

from __future__ import annotations

import math
from dataclasses import dataclass

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Part:
    """An ellipsoid (`ball`) or box of half sizes `half` at `at`, metres, tilted about its x axis by `tilt`.

    `paint` is a row made by `paint.paint`; `casts` tells whether it throws a shadow (small parts need not).
    """

    ball: bool
    at: Vector
    half: Vector
    paint: tuple[float, ...]
    tilt: float = 0.0
    casts: bool = True


@dataclass(frozen=True, slots=True)
class Thing:
    """Parts as one object at (`x`, `z`), turned by `yaw`; `radius` (metres) of its footprint, 0 if it has none."""

    parts: tuple[Part, ...]
    x: float
    z: float
    yaw: float
    radius: float

    @property
    def foot(self) -> tuple[float, float]:
        """Where it stands."""
        return self.x, self.z


def limb(top: Vector, length: float, thickness: float, swing: float, paint: tuple[float, ...]) -> Part:
    """A limb hanging from `top`, swung forward by `swing` radians."""
    half = length / 2
    at = (top[0], top[1] - half * math.cos(swing), top[2] + half * math.sin(swing))
    return Part(True, at, (thickness, half * 1.12, thickness), paint, swing)


def end(part: Part, length: float) -> Vector:
    """The lower end of a limb of that length."""
    half = length / 2
    return part.at[0], part.at[1] - half * math.cos(part.tilt), part.at[2] + half * math.sin(part.tilt)
