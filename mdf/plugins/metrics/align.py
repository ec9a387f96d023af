"""Alignment: fits a factor and an offset to the truth, for an image or a scene, before errors are measured."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mdf.core.compiled import compiled
from mdf.core.pixels import Flags, Values

CONSTANT = 1e-12
"""A prediction counts as constant if its variance is at most this share of its mean square. Rounding leaves less."""


def median(prediction: Values, target: Values, counted: Flags) -> tuple[float, float]:
    """Factor median(target) / median(prediction), and offset 0. The factor is 1 if the prediction's median is ≤ 0.

    Source: T. Zhou et al., “Unsupervised learning of depth and ego-motion from video”, CVPR 2017.
    """
    middle = float(np.median(prediction[counted])) if counted.any() else 0.0
    return (float(np.median(target[counted])) / middle if middle > 0 else 1.0), 0.0


def scale_shift(prediction: Values, target: Values, counted: Flags) -> tuple[float, float]:
    """Factor and offset by least squares. For a constant prediction: factor 0, and the target's mean as the offset.

    Source: R. Ranftl et al., “Towards robust monocular depth estimation”, PAMI 44 (2022). The paper fits inverse depth;
    this function fits the task's own values.
    """
    return _least_squares(*moments(prediction, target, counted))


def of_scene(prediction: Tensor, moments: Tensor) -> Tensor:
    """The prediction with its scene's factor and offset applied, N×C×H×W float32.

    `moments` (N×5 float64) are those of each sample's scene, summed over the scene's samples.
    """
    fits = torch.tensor([_least_squares(*row) for row in moments.tolist()], dtype=torch.float64)
    scale, shift = fits.view(-1, 2, 1, 1, 1).unbind(1)
    return (prediction * scale + shift).float()


@compiled(any_order=True)
def moments(prediction: Values, target: Values, counted: Flags) -> tuple[int, float, float, float, float]:
    """The number of counted pixels and float64 sums over them: Σ p, Σ t, Σ p², Σ p·t (prediction p, truth t)."""
    pixels, sum_p, sum_t, sum_pp, sum_pt = 0, 0.0, 0.0, 0.0, 0.0
    for i in range(len(counted)):
        if counted[i]:
            p, t = np.float64(prediction[i]), np.float64(target[i])
            pixels += 1
            sum_p += p
            sum_t += t
            sum_pp += p * p
            sum_pt += p * t
    return pixels, sum_p, sum_t, sum_pp, sum_pt


def _least_squares(pixels: float, sum_p: float, sum_t: float, sum_pp: float, sum_pt: float) -> tuple[float, float]:
    if not pixels:
        return 1.0, 0.0
    mean_p, mean_t = sum_p / pixels, sum_t / pixels
    variance = sum_pp / pixels - mean_p * mean_p
    scale = (sum_pt / pixels - mean_p * mean_t) / variance if variance > CONSTANT * sum_pp / pixels else 0.0
    return scale, mean_t - scale * mean_p


@compiled()
def fitted(prediction: Values, scale: float, shift: float, lowest: float, highest: float) -> Values:
    """scale·prediction + shift, clipped to `lowest` and `highest`, as float32. NaN stays NaN."""
    result = np.empty(len(prediction), np.float32)
    for i in range(len(prediction)):
        value: float = np.float64(prediction[i]) * scale + shift
        if value < lowest:
            value = lowest
        if value > highest:
            value = highest
        result[i] = value
    return result
