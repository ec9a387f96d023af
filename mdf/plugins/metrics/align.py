"""What is fitted to the truth before a prediction is compared with it: a factor and an offset, of image or scene."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from mdf.core.compiled import compiled
from mdf.core.pixels import Pixels

CONSTANT = 1e-12
"""The variance over the mean square up to which a prediction counts as constant: rounding leaves less."""


def median(prediction: Pixels, target: Pixels, counted: Pixels) -> tuple[float, float]:
    """median(target) / median(prediction), and 0; the factor is 1 where the prediction's median is not above 0.

    Source: T. Zhou et al., “Unsupervised learning of depth and ego-motion from video”, CVPR 2017.
    """
    middle = float(np.median(prediction[counted])) if counted.any() else 0.0
    return (float(np.median(target[counted])) / middle if middle > 0 else 1.0), 0.0


def scale_shift(prediction: Pixels, target: Pixels, counted: Pixels) -> tuple[float, float]:
    """Factor and offset of least squares; 0 and the target's mean where the prediction is constant.

    Source: R. Ranftl et al., “Towards robust monocular depth estimation”, PAMI 44 (2022), which fits inverse
    depth; here it is the task's own values.
    """
    return _least_squares(*moments(prediction, target, counted))


def of_scene(prediction: Tensor, moments: Tensor) -> Tensor:
    """N×C×H×W float32 by factor and offset of `scale_shift`, from the summed `moments` of each sample's scene, N×5."""
    fits = torch.tensor([_least_squares(*row) for row in moments.tolist()], dtype=torch.float64)
    scale, shift = fits.view(-1, 2, 1, 1, 1).unbind(1)
    return (prediction * scale + shift).float()


@compiled(any_order=True)
def moments(prediction: Pixels, target: Pixels, counted: Pixels) -> tuple[int, float, float, float, float]:
    """The number of pixels and, over them, Σ p, Σ t, Σ p² and Σ p·t of prediction p and truth t, in float64."""
    pixels, found, true, square, common = 0, 0.0, 0.0, 0.0, 0.0
    for i in range(len(counted)):
        if counted[i]:
            p, t = np.float64(prediction[i]), np.float64(target[i])
            pixels += 1
            found += p
            true += t
            square += p * p
            common += p * t
    return pixels, found, true, square, common


def _least_squares(pixels: float, found: float, true: float, square: float, common: float) -> tuple[float, float]:
    if not pixels:
        return 1.0, 0.0
    mean, goal = found / pixels, true / pixels
    variance = square / pixels - mean * mean
    scale = (common / pixels - mean * goal) / variance if variance > CONSTANT * square / pixels else 0.0
    return scale, goal - scale * mean


@compiled()
def fitted(prediction: Pixels, scale: float, shift: float, lowest: Any, highest: Any) -> Pixels:
    """scale·prediction + shift, raised to `lowest` and lowered to `highest`: float32. NaN stays NaN."""
    result = np.empty(len(prediction), np.float32)
    for i in range(len(prediction)):
        value = np.float64(prediction[i]) * scale + shift
        if value < lowest:
            value = lowest
        if value > highest:
            value = highest
        result[i] = value
    return result
