"""Some of many, evenly spread. Torch-free."""

from __future__ import annotations

import numpy as np


def spread(count: int, wanted: int) -> list[int]:
    """At most `wanted` of the positions 0…`count` - 1, evenly spread, the first and the last among them."""
    return [int(p) for p in np.linspace(0, count - 1, min(count, wanted)).round()]
