"""Quantiles of many values as NumPy tells them, in a fraction of its time. Torch-free.

NumPy parts values around one place with vectors, around two not.
"""

from __future__ import annotations

import math

import numpy as np

from mdf.core.sink import Floats


def median(values: Floats) -> float:
    """The median of values without NaN, equal to `np.median`; NaN where there are none.

    >>> median(np.array([3.0, 1.0, 2.0, 5.0], np.float32))
    2.5
    """
    if not len(values):
        return math.nan
    low, high = _neighbours(values, (len(values) - 1) // 2)
    return float(low if len(values) % 2 else np.mean([low, high]))


def quantile(values: Floats, share: float) -> float:
    """The value below which a share of the values without NaN lies, equal to `np.quantile`; NaN where there are none.

    >>> quantile(np.array([3.0, 1.0, 2.0, 5.0], np.float32), 0.75)
    3.5
    """
    if not len(values):
        return math.nan
    place = share * (len(values) - 1)
    low, high = _neighbours(values, int(place))
    step, part = float(high - low), place - int(place)
    return float(high) - step * (1 - part) if part >= 0.5 else float(low) + step * part


def _neighbours(values: Floats, place: int) -> tuple[np.float32, np.float32]:
    """The value at a place in ascending order, and the next one, if there is one."""
    parted = np.partition(values, place)
    return parted[place], parted[place + 1 :].min() if place + 1 < len(values) else parted[place]
