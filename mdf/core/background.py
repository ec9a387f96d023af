"""The empty scene, estimated from frames in which something may move."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mdf.core.image import Pixels


def median(frames: Sequence[Pixels]) -> Pixels:
    """Each colour's median over frames H×W×3 uint8; of an even number the lower one, a value that was seen."""
    middle = (len(frames) - 1) // 2
    stack = np.stack(frames)
    stack.partition(middle, axis=0)
    found: Pixels = stack[middle].copy()
    return found


def spread(count: int, wanted: int) -> list[int]:
    """At most `wanted` of the positions 0…`count` - 1, evenly spread, the first and the last among them."""
    return [int(p) for p in np.linspace(0, count - 1, min(count, wanted)).round()]
