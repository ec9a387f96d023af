"""Shapes that people draw around things, as pixels: a pixel belongs to a shape if its centre lies inside."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Size = tuple[int, int]
Point = tuple[float, float]


class Shape(Protocol):
    """An area of an image."""

    def draw(self, size: Size) -> Flags:
        """H×W bool: the pixels inside, of an image of `size` (height, width)."""


@dataclass(frozen=True, slots=True)
class Polygon:
    """Corners (x, y) in pixels from the image's upper left corner, where pixel 0 reaches from 0 to 1. If the outline
    crosses itself, areas that it encloses twice are outside."""

    points: tuple[Point, ...]

    def __post_init__(self) -> None:
        """Raises ValueError if a corner is not a finite number."""
        _check_finite(*(number for point in self.points for number in point))

    def draw(self, size: Size) -> Flags:
        """As `Shape.draw`."""
        height, width = size
        inside = np.zeros((height, width + 1), np.bool_)
        corners = np.array(self.points, np.float64).reshape(-1, 2)
        rows = np.arange(height) + 0.5
        for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            if y1 == y2:
                continue
            crossed = np.flatnonzero((rows >= min(y1, y2)) & (rows < max(y1, y2)))
            x = x1 + (rows[crossed] - y1) * (x2 - x1) / (y2 - y1)
            first = np.ceil(x - 0.5).clip(0, width).astype(np.intp)  # the first pixel whose centre is not left of it
            inside[crossed, first] ^= True
        return np.logical_xor.accumulate(inside, axis=1)[:, :width]


@dataclass(frozen=True, slots=True)
class Ellipse:
    """Centre and half axes in pixels, rotated clockwise by `angle` degrees."""

    centre: Point
    radii: Point
    angle: float = 0.0

    def __post_init__(self) -> None:
        """Raises ValueError if a measure is not a finite number."""
        _check_finite(*self.centre, *self.radii, self.angle)

    def draw(self, size: Size) -> Flags:
        """As `Shape.draw`."""
        turn = math.radians(self.angle)
        x = np.arange(size[1]) + 0.5 - self.centre[0]
        y = (np.arange(size[0]) + 0.5 - self.centre[1])[:, None]
        along, across = x * math.cos(turn) + y * math.sin(turn), y * math.cos(turn) - x * math.sin(turn)
        return (along / max(self.radii[0], 1e-9)) ** 2 + (across / max(self.radii[1], 1e-9)) ** 2 <= 1


@dataclass(frozen=True, slots=True)
class Patch:
    """A small mask; `at` is the column and row of its upper left pixel."""

    pixels: Flags
    at: tuple[int, int] = (0, 0)

    def draw(self, size: Size) -> Flags:
        """As `Shape.draw`. Parts outside the image are cut off."""
        inside = np.zeros(size, np.bool_)
        left, top = self.at
        height, width = self.pixels.shape
        y1, y2, x1, x2 = max(top, 0), min(top + height, size[0]), max(left, 0), min(left + width, size[1])
        if y1 < y2 and x1 < x2:
            inside[y1:y2, x1:x2] = self.pixels[y1 - top : y2 - top, x1 - left : x2 - left]
        return inside


def _check_finite(*numbers: float) -> None:
    if not all(map(math.isfinite, numbers)):
        raise ValueError("a shape has coordinates that are not finite numbers")


def box(left: float, top: float, right: float, bottom: float, angle: float = 0.0) -> Polygon:
    """A rectangle, rotated clockwise by `angle` degrees around its centre."""
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    if not angle:
        return Polygon(tuple(corners))
    x, y, turn = (left + right) / 2, (top + bottom) / 2, math.radians(angle)
    sin, cos = math.sin(turn), math.cos(turn)
    return Polygon(tuple((x + (a - x) * cos - (b - y) * sin, y + (a - x) * sin + (b - y) * cos) for a, b in corners))
