"""What scores of differences add over an image: float64 sums over its counted pixels, each in one pass.

Every function takes the prediction and the truth (float32) and which pixels count (bool), P in a row. What lies under
the others does not matter; NaN where it counts gives NaN.
"""

from __future__ import annotations

import math

import numpy as np

from mdf.core.compiled import compiled
from mdf.core.pixels import Pixels

ZERO, ONE = np.float64(0), np.float64(1)


@compiled(any_order=True)
def differences(prediction: Pixels, target: Pixels, counted: Pixels) -> tuple[float, float, int]:
    """Σ |e|, Σ e² and the number of pixels, e = prediction − truth."""
    counts = counted.view(np.uint8)
    absolute, squared, pixels = 0.0, 0.0, 0
    for i in range(len(counts)):
        error = np.float64(prediction[i]) - np.float64(target[i])
        if not counts[i]:
            error = ZERO
        absolute += abs(error)
        squared += error * error
        pixels += counts[i]
    return absolute, squared, pixels


@compiled(any_order=True)
def relative_differences(prediction: Pixels, target: Pixels, counted: Pixels) -> tuple[float, float, int]:
    """Σ |e| / truth, Σ e² / truth and the number of pixels, e = prediction − truth; of a truth above 0."""
    counts = counted.view(np.uint8)
    absolute, squared, pixels = 0.0, 0.0, 0
    for i in range(len(counts)):
        truth = np.float64(target[i])
        error = np.float64(prediction[i]) - truth
        if not counts[i]:
            error, truth = ZERO, ONE
        relative = error / truth
        absolute += abs(relative)
        squared += error * relative
        pixels += counts[i]
    return absolute, squared, pixels


@compiled(any_order=True)
def log_differences(prediction: Pixels, target: Pixels, counted: Pixels) -> tuple[float, float, float, int]:
    """Σ d, Σ |d|, Σ d² and the number of pixels, d = ln(prediction / truth); of values above 0."""
    total, absolute, squared, pixels = 0.0, 0.0, 0.0, 0
    for i in range(len(counted)):
        if counted[i]:
            d = math.log(np.float64(prediction[i]) / np.float64(target[i]))
            total += d
            absolute += abs(d)
            squared += d * d
            pixels += 1
    return total, absolute, squared, pixels


@compiled()
def within(prediction: Pixels, target: Pixels, counted: Pixels, factor: float) -> tuple[int, int]:
    """How many pixels are less than `factor` from the truth, both ways, and the number of pixels; of values above 0."""
    counts = counted.view(np.uint8)
    near, pixels = 0, 0
    for i in range(len(counts)):
        found, truth = np.float64(prediction[i]), np.float64(target[i])
        near += counts[i] & (found < factor * truth) & (truth < factor * found)
        pixels += counts[i]
    return near, pixels
