"""Structural similarity as a loss: compares brightness, contrast and structure of every neighbourhood."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from mdf.core.component import ComponentConfig
from mdf.core.loss import Loss, valid_mean

SIGMA = 1.5
C1, C2 = 0.01**2, 0.03**2
"""The paper's constants against division by small numbers, for values in a range of 1."""


class SSIMLoss(Loss):
    """1 − SSIM, averaged over valid pixels. Means and variances are weighted by a Gaussian and by validity.

    Near the image border and near invalid pixels, only the valid part of the window is used.

    Source: Z. Wang et al., “Image quality assessment: from error visibility to structural similarity”, IEEE
    Transactions on Image Processing 13 (2004), equation 13.

    Reads
        prediction: N×C×H×W float32 scaled values (mask: probability; depth: in scales).
        target: N×C×H×W float32, the same space where valid; anything (NaN too) elsewhere.
        valid: N×1×H×W bool.
    Returns
        a scalar float32, 0–2.
    """

    class Config(ComponentConfig):
        """Size of the neighbourhood."""

        window: Literal[3, 5, 7, 9, 11] = Field(11, description="Side of the window, in pixels.")

    config: Config
    reads = "values"

    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """The loss."""
        return valid_mean(1.0 - similarity(prediction, target, valid, self.config.window), valid)


def similarity(prediction: Tensor, target: Tensor, valid: Tensor, window: int) -> Tensor:
    """The SSIM of every pixel's neighbourhood: N×C×H×W float32, at most 1."""
    a, b = (x.float().where(valid, 0.0).flatten(0, 1).unsqueeze(1) for x in (prediction, target))
    validity = valid.expand_as(prediction).flatten(0, 1).unsqueeze(1).float()
    blurred = _blur(torch.cat([validity, a, b, a * a, b * b, a * b], dim=1), window)
    # a window without a valid pixel does not count, but must not cause a division by 0
    weight = blurred[:, :1].clamp(min=torch.finfo(torch.float32).eps)
    mean_a, mean_b, mean_aa, mean_bb, mean_ab = (blurred[:, 1:] / weight).split(1, dim=1)  # type: ignore[no-untyped-call]
    variances = (mean_aa - mean_a**2).clamp(min=0.0) + (mean_bb - mean_b**2).clamp(min=0.0)
    covariance = mean_ab - mean_a * mean_b
    brightness = (2 * mean_a * mean_b + C1) / (mean_a**2 + mean_b**2 + C1)
    ssim: Tensor = brightness * (2 * covariance + C2) / (variances + C2)
    return ssim.view_as(prediction)


def _blur(maps: Tensor, window: int) -> Tensor:
    """Blurs every channel with a Gaussian: N×K×H×W. Values outside the image are 0."""
    offsets = torch.arange(window, device=maps.device) - (window - 1) / 2
    weights = torch.exp(-offsets.square() / (2 * SIGMA**2))
    weights = (weights / weights.sum()).expand(maps.shape[1], 1, 1, -1)
    # cuDNN's default TF32 has about three digits, too few for variances, which are differences of similar numbers
    cudnn = torch.backends.cudnn
    with cudnn.flags(cudnn.enabled, deterministic=cudnn.deterministic, allow_tf32=False):
        across = F.conv2d(maps, weights, padding=(0, window // 2), groups=maps.shape[1])
        return F.conv2d(across, weights.transpose(-1, -2), padding=(window // 2, 0), groups=maps.shape[1])
