"""A straight line through two measurements. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence


def at(x: float, points: Sequence[tuple[float, float]]) -> float:
    """The value at `x` of the line through two (x, y); one that falls is noise: y is then as good as proportional."""
    (x1, y1), (x2, y2) = points
    slope = (y2 - y1) / (x2 - x1) if x2 > x1 else 0.0
    if slope <= 0:
        return x * y2 / x2
    return max(0.0, y1 - slope * x1) + slope * x
