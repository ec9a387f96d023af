"""Statistics that objects hardly change: medians, and weights for least squares."""

from __future__ import annotations

import torch
from torch import Tensor

LEAST_SCALE = 0.05
"""Smallest scale of residuals, in standard deviations of the background. Differences below it are noise."""


def median(values: Tensor) -> Tensor:
    """The lower median over the last dimension, which keeps length 1.

    Exported runtimes have no median, so they sort. Here that takes several times as long, for the same number.
    """
    if torch.compiler.is_exporting():
        middle = (values.shape[-1] - 1) // 2
        return values.sort(dim=-1).values.select(-1, middle).unsqueeze(-1)
    return values.median(dim=-1, keepdim=True).values


def robust_weights(residual: Tensor) -> Tensor:
    """Weights of absolute residuals N×1×P that sum to 1 in each sample. Large residuals get almost none."""
    weight = weights(residual, 1.5 * median(residual) + LEAST_SCALE)
    return weight / weight.sum(2, keepdim=True)


def weights(residual: Tensor, scale: Tensor | float) -> Tensor:
    """1 for no residual, falling to a quarter at `scale`."""
    return (1 + (residual / scale).square()).square().reciprocal()
