"""Zones: named parts of the picture, in which events happen, or in which nothing counts. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mdf.core.errors import ConfigError

FORM = "write `--zone door=0.1,0.4,0.5,0.9` (left, top, right, bottom) or `--zone yard=0.1,0.9;0.5,0.4;0.9,0.9`"
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Zone:
    """A polygon by its corners, (x, y) as shares of width and height.

    >>> Zone.parse("door=0.1,0.4,0.5,0.9").contains((0.3, 0.5))
    True
    """

    name: str
    corners: tuple[Point, ...]

    @staticmethod
    def parse(text: str) -> Zone:
        """`NAME=x0,y0,x1,y1`, a box; or `NAME=x,y;x,y;x,y`, a polygon.

        Raises
            ConfigError: it is neither, or lies outside the picture.
        """
        name, equals, shape = text.partition("=")
        if not equals or not name.strip():
            raise ConfigError(f"zone `{text}` has no name", FORM)
        return Zone.of(name.strip(), shape)

    @staticmethod
    def of(name: str, shape: str) -> Zone:
        """A zone of this name. Raises as `parse`."""
        try:
            points = [[float(number) for number in point.split(",")] for point in shape.split(";")]
        except ValueError:
            raise ConfigError(f"zone `{name}` = `{shape}` is no list of numbers", FORM) from None
        if len(points) == 1 and len(points[0]) == 4:
            left, top, right, bottom = points[0]
            if left >= right or top >= bottom:
                raise ConfigError(f"zone `{name}` = `{shape}` is empty", FORM)
            points = [[left, top], [right, top], [right, bottom], [left, bottom]]
        if len(points) < 3 or any(len(point) != 2 for point in points):
            raise ConfigError(f"zone `{name}` = `{shape}` is neither a box nor a polygon", FORM)
        if not all(0 <= number <= 1 for point in points for number in point):
            raise ConfigError(
                f"zone `{name}` = `{shape}` lies outside the picture",
                "numbers are shares of its width and height, 0 to 1; pixels have to be divided by them",
            )
        return Zone(name, tuple((point[0], point[1]) for point in points))

    def contains(self, point: Point) -> bool:
        """Whether a point lies inside."""
        x, y = point
        inside = False
        for (x0, y0), (x1, y1) in zip(self.corners, (*self.corners[1:], self.corners[0]), strict=True):
            if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
                inside = not inside
        return inside

    def mask(self, size: tuple[int, int]) -> NDArray[np.bool_]:
        """Its pixels in a picture of `size` (height, width): h×w bool."""
        height, width = size
        image = Image.new("1", (width, height))
        ImageDraw.Draw(image).polygon([(x * width, y * height) for x, y in self.corners], fill=1)
        found: NDArray[Any] = np.array(image, dtype=np.bool_)
        return found
