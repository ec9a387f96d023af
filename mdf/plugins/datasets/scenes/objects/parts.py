"""Parts of objects. Coordinates are the object's own: x to the right, y up, z forward; it stands on y = 0."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mdf.plugins.datasets.scenes.objects.paint import Paint

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Part:
    """An ellipsoid or a box.

    Attributes:
        is_ellipsoid: True for an ellipsoid, False for a box.
        centre, half_size: metres.
        paint: a row made by `paint.paint`.
        tilt: rotation about the part's x axis, radians.
        casts_shadow: whether it casts a shadow. Small parts do not.
    """

    is_ellipsoid: bool
    centre: Vector
    half_size: Vector
    paint: Paint
    tilt: float = 0.0
    casts_shadow: bool = True


@dataclass(frozen=True, slots=True)
class PlacedObject:
    """An object in the world.

    Attributes:
        parts: its parts, in its own coordinates.
        x, z: position on the floor, metres.
        yaw: rotation about the vertical axis, radians.
        radius: radius of its footprint, metres; 0 if it does not stand on the floor.
    """

    parts: tuple[Part, ...]
    x: float
    z: float
    yaw: float
    radius: float

    @property
    def position(self) -> tuple[float, float]:
        """(x, z) on the floor, metres."""
        return self.x, self.z


def limb(top: Vector, length: float, thickness: float, swing: float, paint: Paint) -> Part:
    """A limb that hangs from `top` and swings forward by `swing` radians."""
    half = length / 2
    centre = (top[0], top[1] - half * math.cos(swing), top[2] + half * math.sin(swing))
    return Part(True, centre, (thickness, half * 1.12, thickness), paint, swing)


def lower_end(part: Part, length: float) -> Vector:
    """The lower end of a limb of this length."""
    half = length / 2
    x, y, z = part.centre
    return x, y - half * math.cos(part.tilt), z + half * math.sin(part.tilt)
