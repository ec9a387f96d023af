"""What surfaces look like: two colours mixed by a pattern, and value noise. Albedo is linear, 0–1."""

from __future__ import annotations

import colorsys
from random import Random

import torch
from torch import Tensor

PLAIN, BANDS, POSTS, CHECKS, BLOTCHES, BRICKS = range(6)
"""Patterns: none, horizontal stripes, vertical stripes, checks, soft noise, running bond."""

LATTICE = 64
"""Side of the noise lattice; it repeats after that many cells."""

Rgb = tuple[float, float, float]


def hsv(hue: float, saturation: float, value: float) -> Rgb:
    """A linear albedo from display-referred hue, saturation and value (all 0–1)."""
    r, g, b = colorsys.hsv_to_rgb(hue % 1.0, min(max(saturation, 0.0), 1.0), min(max(value, 0.0), 1.0))
    return r * r, g * g, b * b


def mixed(a: Rgb, b: Rgb, share: float) -> Rgb:
    """`a` with `share` of `b`."""
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share


def paint(
    first: Rgb,
    second: Rgb | None = None,
    pattern: int = PLAIN,
    period: float = 1.0,
    opacity: float = 1.0,
    mirror: float = 0.0,
) -> tuple[float, ...]:
    """A row of the paint table: two albedos, pattern, its period in metres, opacity and mirror share (0–1)."""
    return (*first, *(second or first), float(pattern), period, opacity, mirror)


def lattice(rng: Random) -> Tensor:
    """Random heights for `noise`: LATTICE×LATTICE float32, 0–1."""
    generator = torch.Generator().manual_seed(rng.getrandbits(48))
    return torch.randint(0, 256, (LATTICE, LATTICE), generator=generator).float() / 255


def noise(heights: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Smooth value noise of two octaves at (x, y), n float32 each, in lattice cells: n float32, 0–1."""
    return _octave(heights, x, y) * 0.625 + _octave(heights, x * 3.07 + 17.3, y * 3.07 + 5.9) * 0.375


def _octave(heights: Tensor, x: Tensor, y: Tensor) -> Tensor:
    left, top = x.floor(), y.floor()
    fx, fy = x - left, y - top
    fx, fy = fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy)
    column, row = left.int() & (LATTICE - 1), top.int() & (LATTICE - 1)
    flat = heights.flatten()
    above, below = row * LATTICE, ((row + 1) & (LATTICE - 1)) * LATTICE
    right = (column + 1) & (LATTICE - 1)
    corners = [flat.index_select(0, line + side) for line in (above, below) for side in (column, right)]
    first = corners[0] + (corners[1] - corners[0]) * fx
    second = corners[2] + (corners[3] - corners[2]) * fx
    return first + (second - first) * fy


def albedo(table: Tensor, row: Tensor, x: Tensor, y: Tensor, heights: Tensor) -> Tensor:
    """Albedo of points painted with rows `row` (n) of `table` (·×P) at surface coordinates x, y (n, metres): 3×n."""
    rows = table.index_select(0, row)
    period = rows[:, 7]
    x, y = x / period, y / period
    soft = noise(heights, x * 2.0, y * 2.0)
    share = _share(set(table[:, 6].int().tolist()), rows[:, 6], x, y, soft)
    first, second = rows[:, 0:3].T, rows[:, 3:6].T
    return (first + (second - first) * share) * (0.86 + 0.28 * soft)


def _share(kinds: set[int], pattern: Tensor, x: Tensor, y: Tensor, soft: Tensor) -> Tensor:
    """How much of the second colour the pattern shows at x, y (in periods): n float32, 0–1."""
    course = y.floor()
    odd_x, odd_y = x.floor().remainder(2), course.remainder(2)
    share = torch.zeros_like(soft)
    if BLOTCHES in kinds:
        share = torch.where(pattern == BLOTCHES, ((soft - 0.3) * 2.5).clamp(0, 1), share)
    if BANDS in kinds:
        share = torch.where(pattern == BANDS, odd_y, share)
    if POSTS in kinds:
        share = torch.where(pattern == POSTS, odd_x, share)
    if CHECKS in kinds:
        share = torch.where(pattern == CHECKS, (odd_x != odd_y).float(), share)
    if BRICKS in kinds:
        shifted = (x + course) * 0.5
        joint = (y - course < 0.12) | (shifted - shifted.floor() < 0.06)
        share = torch.where(pattern == BRICKS, joint.float(), share)
    return share
