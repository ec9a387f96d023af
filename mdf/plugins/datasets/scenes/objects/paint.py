"""The look of surfaces: two colours that are mixed by a pattern, and value noise. Albedo is linear, 0–1."""

from __future__ import annotations

import colorsys
from random import Random

import torch
from torch import Tensor

PLAIN, HORIZONTAL_STRIPES, VERTICAL_STRIPES, CHECKS, BLOTCHES, BRICKS = range(6)
"""Patterns. PLAIN uses one colour, BLOTCHES is soft noise, BRICKS shows joints between bricks."""

FIRST, SECOND, PATTERN, PERIOD, OPACITY, MIRROR = slice(0, 3), slice(3, 6), 6, 7, 8, 9
"""Columns of a paint row, which `paint` makes."""

PAINT_COLUMNS = 10
"""Length of a paint row."""

LATTICE = 64
"""Side of the noise lattice. The noise repeats after this many cells."""

Rgb = tuple[float, float, float]

BLACK: Rgb = (0.0, 0.0, 0.0)

Paint = tuple[float, ...]
"""A row of a paint table, see `paint`."""


def hsv(hue: float, saturation: float, value: float) -> Rgb:
    """Linear albedo of a colour, given by hue, saturation and value in display space (all 0–1)."""
    r, g, b = colorsys.hsv_to_rgb(hue % 1.0, min(max(saturation, 0.0), 1.0), min(max(value, 0.0), 1.0))
    return r * r, g * g, b * b


def mix(a: Rgb, b: Rgb, share: float) -> Rgb:
    """(1 − `share`)·a + `share`·b."""
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share


def paint(
    first: Rgb,
    second: Rgb | None = None,
    pattern: int = PLAIN,
    period: float = 1.0,
    opacity: float = 1.0,
    mirror: float = 0.0,
) -> Paint:
    """A paint row: two albedos, the pattern, its period in metres, opacity and share of reflection (0–1)."""
    return (*first, *(second or first), float(pattern), period, opacity, mirror)


def random_lattice(rng: Random) -> Tensor:
    """Random values for `value_noise`: LATTICE×LATTICE float32, 0–1."""
    generator = torch.Generator().manual_seed(rng.getrandbits(48))
    return torch.randint(0, 256, (LATTICE, LATTICE), generator=generator).float() / 255


def value_noise(lattice: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Smooth noise of two octaves at the points (x, y), in lattice cells, n float32 each: n float32, 0–1."""
    return _octave(lattice, x, y) * 0.625 + _octave(lattice, x * 3.07 + 17.3, y * 3.07 + 5.9) * 0.375


def _octave(lattice: Tensor, x: Tensor, y: Tensor) -> Tensor:
    left, top = x.floor(), y.floor()
    fx, fy = x - left, y - top
    fx, fy = fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy)
    column, row = left.int() & (LATTICE - 1), top.int() & (LATTICE - 1)
    flat = lattice.flatten()
    above, below = row * LATTICE, ((row + 1) & (LATTICE - 1)) * LATTICE
    right = (column + 1) & (LATTICE - 1)
    corners = [flat.index_select(0, line + side) for line in (above, below) for side in (column, right)]
    first = corners[0] + (corners[1] - corners[0]) * fx
    second = corners[2] + (corners[3] - corners[2]) * fx
    return first + (second - first) * fy


def albedo(table: Tensor, row: Tensor, x: Tensor, y: Tensor, lattice: Tensor) -> Tensor:
    """Albedo of n painted points, 3×n.

    Reads
        table: paint rows, ·×P; row: the row of each point, n int64.
        x, y: surface coordinates of each point, n float32, metres.
        lattice: values of the noise, see `random_lattice`.
    """
    rows = table.index_select(0, row)
    period = rows[:, PERIOD]
    x, y = x / period, y / period
    noise = value_noise(lattice, x * 2.0, y * 2.0)
    share = _second_share(set(table[:, PATTERN].int().tolist()), rows[:, PATTERN], x, y, noise)
    first, second = rows[:, FIRST].T, rows[:, SECOND].T
    return (first + (second - first) * share) * (0.86 + 0.28 * noise)


def _second_share(patterns: set[int], pattern: Tensor, x: Tensor, y: Tensor, noise: Tensor) -> Tensor:
    """The share of the second colour at x, y (in periods): n float32, 0–1. `patterns` are those that occur at all."""
    course = y.floor()
    odd_x, odd_y = x.floor().remainder(2), course.remainder(2)
    share = torch.zeros_like(noise)
    if BLOTCHES in patterns:
        share = torch.where(pattern == BLOTCHES, ((noise - 0.3) * 2.5).clamp(0, 1), share)
    if HORIZONTAL_STRIPES in patterns:
        share = torch.where(pattern == HORIZONTAL_STRIPES, odd_y, share)
    if VERTICAL_STRIPES in patterns:
        share = torch.where(pattern == VERTICAL_STRIPES, odd_x, share)
    if CHECKS in patterns:
        share = torch.where(pattern == CHECKS, (odd_x != odd_y).float(), share)
    if BRICKS in patterns:
        shifted = (x + course) * 0.5
        joint = (y - course < 0.12) | (shifted - shifted.floor() < 0.06)
        share = torch.where(pattern == BRICKS, joint.float(), share)
    return share
