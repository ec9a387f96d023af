"""Root mean squared error of depth."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from mdf.core.metric import Metric, Protocol, per_sample


class RMSE(Metric):
    """√(mean of squared differences) over all valid pixels of all images, in the task's own unit, not aligned."""

    label: ClassVar[str] = "RMSE"
    protocol = Protocol("pooled over pixels", "lower", perfect=0.0)

    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """N×2: sum of squared differences in float64, number of valid pixels (times channels)."""
        valid = valid.expand_as(target)
        difference = prediction.where(valid, 0.0).double() - target.where(valid, 0.0).double()
        return torch.stack([per_sample(difference.square()), per_sample(valid)], dim=-1)

    def score(self, totals: Tensor) -> Tensor:
        """The RMSE in the task's unit."""
        squares, pixels = totals.unbind(-1)
        return (squares / pixels).sqrt()  # 0 / 0 is NaN: no pixel was measured
