"""Multi-scale gradient loss: edges where the truth has edges, and no others."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.loss import Loss, valid_difference


class GradientLoss(Loss):
    """|∂R/∂x| + |∂R/∂y|, R = prediction − truth: mean over valid neighbours at every scale, summed over scales.

    Each scale takes every second pixel of the one before. It is blind to a constant error: add it to another loss.
    Source: R. Ranftl et al., “Towards robust monocular depth estimation”, PAMI 44 (2022, arXiv:1907.01341).

    Reads
        prediction: N×C×H×W float32 scaled values (mask: probability; depth: in scales).
        target: N×C×H×W float32, the same space where valid; anything (NaN too) elsewhere.
        valid: N×1×H×W bool.
    Returns
        a scalar float32 ≥ 0.
    """

    class Config(ComponentConfig):
        """How far it looks."""

        scales: int = Field(4, ge=1, le=8, description="Scales, each half the size of the one before.")

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
    """Mean absolute change between neighbours that are both valid, down plus across; 0 where there are none."""
    found = []
    for side in (-2, -1):
        count = valid.shape[side] - 1
        both = valid.narrow(side, 0, count) & valid.narrow(side, 1, count)
        found.append(difference.diff(dim=side).abs().where(both, 0.0).sum() / both.sum().clamp(min=1))
    return torch.stack(found).sum()
