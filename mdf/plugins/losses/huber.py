"""Huber loss: squared for small errors, linear for large errors."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from mdf.core.component import ComponentConfig
from mdf.core.loss import Loss, valid_difference, valid_mean


class HuberLoss(Loss):
    """Mean over valid pixels of d²/2 if |d| ≤ δ, else δ·(|d| − δ/2).

    Source: P. Huber, “Robust estimation of a location parameter”, Annals of Mathematical Statistics 35 (1964).

    Reads
        prediction: N×C×H×W float32 scaled values (mask: probability; depth: in scales).
        target: N×C×H×W float32, the same space where valid; anything (NaN too) elsewhere.
        valid: N×1×H×W bool.
    Returns
        a scalar float32 ≥ 0.
    """

    class Config(ComponentConfig):
        """Where the loss changes from squared to linear."""

        delta: float = Field(0.1, gt=0, description="δ, in scaled values: larger errors grow linearly.")

    config: Config
    reads = "values"

    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """The loss."""
        difference = valid_difference(prediction, target, valid)
        zeros = torch.zeros_like(difference)
        per_pixel = F.huber_loss(difference, zeros, reduction="none", delta=self.config.delta)
        return valid_mean(per_pixel, valid)
