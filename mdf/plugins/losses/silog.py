"""Scale-invariant loss of the logarithm of depth."""

from __future__ import annotations

from pydantic import Field
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.loss import Loss

NEAREST = 1e-6
"""What predictions are raised to before their logarithm is taken."""


class SILogLoss(Loss):
    """mean d² − λ·(mean d)² of each image, d = ln(prediction) − ln(truth), averaged over images.

    λ = 1 is blind to a factor, λ = 0 the mean square. Pixels with a truth of 0 or below do not count.
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
        """How blind it is to a factor."""

        invariance: float = Field(0.5, ge=0, le=1, description="λ: share of an image's common factor not punished.")

    config: Config
    reads = "values"
    is_pixel_mean = False

    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """The loss."""
        known = valid & (target > 0)
        logarithms = (x.float().where(known, 1.0).clamp(min=NEAREST).log() for x in (prediction, target))
        difference = next(logarithms) - next(logarithms)
        pixels = known.sum((1, 2, 3)).clamp(min=1)
        mean = difference.sum((1, 2, 3)) / pixels
        # the variance by itself, not as a difference of large numbers
        spread = (difference - mean.view(-1, 1, 1, 1)).where(known, 0.0).square().sum((1, 2, 3)) / pixels
        each = spread + (1.0 - self.config.invariance) * mean.square()
        return each.sum() / known.flatten(1).any(1).sum().clamp(min=1)
