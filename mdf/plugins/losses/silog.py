"""Scale-invariant loss on the logarithm of depth."""

from __future__ import annotations

from pydantic import Field
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.loss import Loss

NEAREST = 1e-6
"""Smaller predictions are raised to this value before the logarithm."""


class SILogLoss(Loss):
    """mean d² − λ·(mean d)² for each image, averaged over images, with d = ln(prediction) − ln(truth).

    With λ = 1 a constant factor costs nothing. λ = 0 gives the mean squared error. Pixels whose true value is 0 or less
    do not count.

    Source: D. Eigen, C. Puhrsch, R. Fergus, “Depth map prediction from a single image using a multi-scale deep
    network”, NeurIPS 2014 (arXiv:1406.2283), equation 4.

    Reads
        prediction: N×C×H×W float32 scaled values, above 0.
        target: N×C×H×W float32, the same space where valid; anything (NaN too) elsewhere.
        valid: N×1×H×W bool.
    Returns
        a scalar float32 ≥ 0.
    """

    class Config(ComponentConfig):
        """How much a constant factor costs."""

        invariance: float = Field(0.5, ge=0, le=1, description="λ: 1 ignores a constant factor per image; 0 does not.")

    config: Config
    reads = "values"
    is_pixel_mean = False

    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """The loss."""
        counted = valid & (target > 0)
        logarithms = (x.float().where(counted, 1.0).clamp(min=NEAREST).log() for x in (prediction, target))
        difference = next(logarithms) - next(logarithms)
        pixels = counted.sum((1, 2, 3)).clamp(min=1)
        mean = difference.sum((1, 2, 3)) / pixels
        # computed around the mean, not as a difference of large numbers
        variance = (difference - mean.view(-1, 1, 1, 1)).where(counted, 0.0).square().sum((1, 2, 3)) / pixels
        per_image = variance + (1.0 - self.config.invariance) * mean.square()
        return per_image.sum() / counted.flatten(1).any(1).sum().clamp(min=1)
