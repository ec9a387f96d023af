"""Float64 sums over the counted pixels of one image, for metrics of differences. Each function makes one pass.

Every function reads the prediction and the truth (P float32 each) and which pixels count (P bool). The values of other
pixels do not matter. NaN in a counted pixel gives NaN.
"""

from __future__ import annotations

import math

import numpy as np

from mdf.core.compiled import compiled
from mdf.core.pixels import Flags, Values

ZERO, ONE = np.float64(0), np.float64(1)


@compiled(any_order=True)
def differences(prediction: Values, target: Values, counted: Flags) -> tuple[float, float, int]:
    """Σ |e|, Σ e² and the number of pixels, with e = prediction − truth."""
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
def relative_differences(prediction: Values, target: Values, counted: Flags) -> tuple[float, float, int]:
    """Σ |e| / truth, Σ e² / truth and the number of pixels, with e = prediction − truth. The truth must be above 0."""
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
def log_differences(prediction: Values, target: Values, counted: Flags) -> tuple[float, float, float, int]:
    """Σ d, Σ |d|, Σ d² and the number of pixels, with d = ln(prediction / truth). All values must be above 0."""
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
def within(prediction: Values, target: Values, counted: Flags, factor: float) -> tuple[int, int]:
    """The number of pixels within `factor` of the truth, and the number of pixels. All values must be above 0.

    A pixel is within the factor if both prediction / truth and truth / prediction are below it.
    """
    counts = counted.view(np.uint8)
    inside, pixels = 0, 0
    for i in range(len(counts)):
        predicted, truth = np.float64(prediction[i]), np.float64(target[i])
        inside += counts[i] & (predicted < factor * truth) & (truth < factor * predicted)
        pixels += counts[i]
    return inside, pixels
