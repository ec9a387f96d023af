"""Multi-scale gradient loss: the prediction should have the same edges as the truth."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.loss import Loss, valid_difference


class GradientLoss(Loss):
    """|∂R/∂x| + |∂R/∂y| with R = prediction − truth: the mean over valid neighbours, summed over scales.

    Each scale uses every second pixel of the scale before. A constant error costs nothing, so add this loss to another.

    Source: R. Ranftl et al., “Towards robust monocular depth estimation”, PAMI 44 (2022, arXiv:1907.01341).

    Reads
        prediction: N×C×H×W float32 scaled values (mask: probability; depth: in scales).
        target: N×C×H×W float32, the same space where valid; anything (NaN too) elsewhere.
        valid: N×1×H×W bool.
    Returns
        a scalar float32 ≥ 0.
    """

    class Config(ComponentConfig):
        """Number of scales."""

        scales: int = Field(4, ge=1, le=8, description="Number of scales; each has half the size of the one before.")

    config: Config
    reads = "values"
    is_pixel_mean = False

    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """The loss."""
        difference = valid_difference(prediction, target, valid)
        valid = valid.expand_as(difference)
        steps = [2**scale for scale in range(self.config.scales)]
        return torch.stack([_slope(difference[..., ::s, ::s], valid[..., ::s, ::s]) for s in steps]).sum()


def _slope(difference: Tensor, valid: Tensor) -> Tensor:
    """Mean absolute difference between neighbours that are both valid, vertical plus horizontal; 0 without any."""
    means = []
    for axis in (-2, -1):
        count = valid.shape[axis] - 1
        both = valid.narrow(axis, 0, count) & valid.narrow(axis, 1, count)
        means.append(difference.diff(dim=axis).abs().where(both, 0.0).sum() / both.sum().clamp(min=1))
    return torch.stack(means).sum()
