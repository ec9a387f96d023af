"""Fits the gain and offset that map a frame onto its background."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mdf.plugins.fusions.alignment.robust import median, robust_weights, weights

ROUNDS = 4
ALIKE = 0.1
"""Residual below which two pixels count as alike when the better of two fits is chosen."""
RIDGE = 0.002
"""Weight of the assumption that the gain is 1. It decides where the background is flat."""
GAINS = (0.25, 4.0)


@dataclass(frozen=True, slots=True)
class Light:
    """A gain and an offset for each sample and channel, N×3×1×1 float32 each.

    `light(frames)` is frames N×3×H×W in the light of their backgrounds.
    """

    gain: Tensor
    offset: Tensor

    def __call__(self, frames: Tensor) -> Tensor:
        return frames * self.gain + self.offset


def fit_light(frame: Tensor, bg: Tensor) -> Light:
    """The light that maps `frame` onto `bg` (N×3×H×W float32 each) where both show the same.

    Iteratively reweighted least squares with the weights of Geman and McClure (1987). Such a fit depends on its start.
    So it is made from two: the same light, and the same median. In each sample, the fit counts that makes more pixels
    alike.
    """
    x, y = frame.flatten(2), bg.flatten(2)
    gain = torch.ones_like(x[..., :1])
    shift = median(y) - median(x)
    fits = [_refined(x, y, gain, offset) for offset in (torch.zeros_like(shift), shift)]
    (gain, offset), (other_gain, other_offset) = fits
    alike = [weights(_residual(x, y, *fit), ALIKE).mean(2, keepdim=True) for fit in fits]
    chosen = alike[1] > alike[0]
    return Light(torch.where(chosen, other_gain, gain)[..., None], torch.where(chosen, other_offset, offset)[..., None])


def _refined(x: Tensor, y: Tensor, gain: Tensor, offset: Tensor) -> tuple[Tensor, Tensor]:
    """Gain and offset (N×3×1) that map x onto y (N×3×P), found from the given ones."""
    for _ in range(ROUNDS):
        weight = robust_weights(_residual(x, y, gain, offset))
        mean_x, mean_y = (weight * x).sum(2, keepdim=True), (weight * y).sum(2, keepdim=True)
        dx = x - mean_x
        spread = (weight * dx.square()).sum(2, keepdim=True)
        together = (weight * dx * (y - mean_y)).sum(2, keepdim=True)
        gain = ((together + RIDGE) / (spread + RIDGE)).clamp(*GAINS)
        offset = mean_y - gain * mean_x
    return gain, offset


def _residual(x: Tensor, y: Tensor, gain: Tensor, offset: Tensor) -> Tensor:
    """The mean absolute difference of the colours: N×1×P."""
    return (gain * x + offset - y).abs().mean(1, keepdim=True)
