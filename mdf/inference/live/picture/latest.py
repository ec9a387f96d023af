"""What the network said last of each pixel of a camera's picture."""

from __future__ import annotations

from typing import Any

import numpy as np

from mdf.core.sink import Floats
from mdf.inference.live.network.network import Answer
from mdf.inference.live.network.region import Region

BORDER = 8
"""Pixels at the border of a region that keep what was known: the network saw less around them."""


class Latest:
    """Mask and depth of the whole picture, put together from regions.

    Attributes:
        probability: h×w float32. foreground: h×w bool. depth: h×w float32, or None.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self.probability: Floats = np.zeros(size, np.float32)
        self.foreground: np.ndarray[Any, np.dtype[np.bool_]] = np.zeros(size, bool)
        self.depth: Floats | None = None

    def take(self, region: Region, answer: Answer) -> None:
        """Take what the network says of a region."""
        if region.is_whole(self._size) or (answer.depth is not None and self.depth is None):
            self.probability, self.foreground, self.depth = answer.probability, answer.foreground, answer.depth
            return
        rows, from_rows = _inner(region.top, region.height, self._size[0])
        columns, from_columns = _inner(region.left, region.width, self._size[1])
        self.probability, self.foreground = self.probability.copy(), self.foreground.copy()
        self.probability[rows, columns] = answer.probability[from_rows, from_columns]
        self.foreground[rows, columns] = answer.foreground[from_rows, from_columns]
        if answer.depth is not None and self.depth is not None:
            self.depth = self.depth.copy()
            self.depth[rows, columns] = answer.depth[from_rows, from_columns]


def _inner(start: int, length: int, side: int) -> tuple[slice, slice]:
    """A stretch without its borders inside the picture: in the picture, and in the stretch itself."""
    first = 0 if start == 0 else BORDER
    last = length if start + length == side else length - BORDER
    return slice(start + first, start + last), slice(first, last)
