"""Values as grey levels of an image file, and what the levels mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MILLIMETRE = 0.001
LARGEST_LEVEL = 2**16 - 1


@dataclass(frozen=True, slots=True)
class Levels:
    """How the values of one task are stored: value = `offset` + level × `scale`, in `unit`.

    Attributes:
        task: the task's name, or `TASK/spread`.
        meaning: what a value is, in words.
        unit: unit of the values; "" where there is none.
        bits: 8 or 16, of each level.
    """

    task: str
    meaning: str
    unit: str
    bits: int
    scale: float
    offset: float

    def encode(self, values: NDArray[np.float32]) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """Values H×W as the nearest levels: uint8 or uint16; values out of range take the first or the last level."""
        levels = np.rint((values.astype(np.float64) - self.offset) / self.scale).clip(0, 2**self.bits - 1)
        return levels.astype(np.uint8) if self.bits == 8 else levels.astype(np.uint16)


def levels_between(task: str, meaning: str, unit: str, low: float, high: float) -> Levels:
    """16-bit levels for values from `low` to `high`: whole millimetres where the unit is `m` and they reach that far,
    else the range in 65535 equal steps."""
    if unit == "m" and low >= 0 and high <= LARGEST_LEVEL * MILLIMETRE:
        return Levels(task, meaning, unit, 16, MILLIMETRE, 0.0)
    offset = min(low, 0.0)
    return Levels(task, meaning, unit, 16, (high - offset) / LARGEST_LEVEL or 1.0, offset)
