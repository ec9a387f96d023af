"""Huber loss: squared near the truth, absolute away from it."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from mdf.core.component import ComponentConfig
from mdf.core.loss import Loss, valid_difference, valid_mean


class HuberLoss(Loss):
    """Mean over valid pixels of d²/2 where |d| ≤ δ, else δ·(|d| − δ/2).

    Source: P. Huber, “Robust estimation of a location parameter”, Annals of Mathematical Statistics 35 (1964).

    Reads
        prediction: N×C×H×W float32 scaled values (mask: probability; depth: in scales).
        target: N×C×H×W float32, the same space where valid; anything (NaN too) elsewhere.
        valid: N×1×H×W bool.
    Returns
        a scalar float32 ≥ 0.
    """

    class Config(ComponentConfig):
        """Where it turns."""

        delta: float = Field(0.1, gt=0, description="Error, in scaled values, from which it grows evenly.")

    config: Config
    reads = "values"

    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """The loss."""
        difference = valid_difference(prediction, target, valid)
        each = F.huber_loss(difference, torch.zeros_like(difference), reduction="none", delta=self.config.delta)
        return valid_mean(each, valid)
