"""Structural similarity as a loss: brightness, contrast and structure of every neighbourhood."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from mdf.core.component import ComponentConfig
from mdf.core.loss import Loss, valid_mean

DEVIATION = 1.5
STEADY_MEAN, STEADY_SPREAD = 0.01**2, 0.03**2
"""The two constants that keep flat neighbourhoods steady, for values whose range is 1."""


class SSIMLoss(Loss):
    """1 − SSIM, mean over valid pixels; means and variances are weighted by a Gaussian and by validity.

    Source: Z. Wang et al., “Image quality assessment: from error visibility to structural similarity”, IEEE
    Transactions on Image Processing 13 (2004), equation 13. Instead of dropping what lies near the image's rim or
    near invalid pixels, each neighbourhood is that part of the window which is known.

    Reads
        prediction: N×C×H×W float32 scaled values (mask: probability; depth: in scales).
        target: N×C×H×W float32, the same space where valid; anything (NaN too) elsewhere.
        valid: N×1×H×W bool.
    Returns
        a scalar float32, 0–2.
    """

    class Config(ComponentConfig):
        """The size of a neighbourhood."""

        window: Literal[3, 5, 7, 9, 11] = Field(11, description="Side of the window in pixels.")

    config: Config
    reads = "values"

    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """The loss."""
        return valid_mean(1.0 - similarity(prediction, target, valid, self.config.window), valid)


def similarity(prediction: Tensor, target: Tensor, valid: Tensor, window: int) -> Tensor:
    """The SSIM of every pixel's neighbourhood: N×C×H×W float32, at most 1."""
    a, b = (x.float().where(valid, 0.0).flatten(0, 1).unsqueeze(1) for x in (prediction, target))
    known = valid.expand_as(prediction).flatten(0, 1).unsqueeze(1).float()
    blurred = _blur(torch.cat([known, a, b, a * a, b * b, a * b], dim=1), window)
    # a centre without any known pixel around it does not count, but must not divide by 0
    weight = blurred[:, :1].clamp(min=torch.finfo(torch.float32).eps)
    mean_a, mean_b, aa, bb, ab = (blurred[:, 1:] / weight).split(1, dim=1)  # type: ignore[no-untyped-call]
    spread = (aa - mean_a**2).clamp(min=0.0) + (bb - mean_b**2).clamp(min=0.0)
    common = ab - mean_a * mean_b
    brightness = (2 * mean_a * mean_b + STEADY_MEAN) / (mean_a**2 + mean_b**2 + STEADY_MEAN)
    found: Tensor = brightness * (2 * common + STEADY_SPREAD) / (spread + STEADY_SPREAD)
    return found.view_as(prediction)


def _blur(maps: Tensor, window: int) -> Tensor:
    """Every channel blurred by a Gaussian, zeros outside the image: N×K×H×W."""
    away = torch.arange(window, device=maps.device) - (window - 1) / 2
    weights = torch.exp(-away.square() / (2 * DEVIATION**2))
    weights = (weights / weights.sum()).expand(maps.shape[1], 1, 1, -1)
    # in TF32, cuDNN's default, a variance would be the difference of two numbers of three digits
    cudnn = torch.backends.cudnn
    with cudnn.flags(cudnn.enabled, deterministic=cudnn.deterministic, allow_tf32=False):
        across = F.conv2d(maps, weights, padding=(0, window // 2), groups=maps.shape[1])
        return F.conv2d(across, weights.transpose(-1, -2), padding=(window // 2, 0), groups=maps.shape[1])
