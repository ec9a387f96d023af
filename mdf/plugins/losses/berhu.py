"""Reverse Huber loss: linear for small errors, squared for large errors."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.loss import Loss, valid_difference, valid_mean


class BerHuLoss(Loss):
    """Mean over valid pixels of |d| if |d| ≤ c, else (d² + c²) / 2c. c is a share of the largest |d| in the batch.

    Source: I. Laina et al., “Deeper depth prediction with fully convolutional residual networks”, 3DV 2016
    (arXiv:1606.00373). No gradient flows through c.

    Reads
        prediction: N×C×H×W float32 scaled values (mask: probability; depth: in scales).
        target: N×C×H×W float32, the same space where valid; anything (NaN too) elsewhere.
        valid: N×1×H×W bool.
    Returns
        a scalar float32 ≥ 0.
    """

    class Config(ComponentConfig):
        """Where the loss changes from linear to squared."""

        share: float = Field(0.2, gt=0, le=1, description="c as a share of the largest error in the batch.")

    config: Config
    reads = "values"
    is_pixel_mean = False

    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """The loss."""
        error = valid_difference(prediction, target, valid).abs()
        c = (self.config.share * error.detach().amax()).clamp(min=torch.finfo(torch.float32).eps)
        return valid_mean(torch.where(error <= c, error, (error.square() + c**2) / (2.0 * c)), valid)
