"""Focal loss: cross-entropy with low weight on pixels that are already right."""

from __future__ import annotations

from pydantic import Field
from torch import Tensor
from torchvision.ops import sigmoid_focal_loss

from mdf.core.component import ComponentConfig
from mdf.core.loss import Loss, valid_mean


class FocalLoss(Loss):
    """Mean over valid pixels of −α_t·(1 − p_t)^γ·ln p_t. p_t is the probability that is predicted for the true class.

    Source: T.-Y. Lin et al., “Focal loss for dense object detection”, ICCV 2017 (arXiv:1708.02002), equation 5.

    Reads
        prediction: N×C×H×W float32 logits, unbounded.
        target: N×C×H×W float32, 0–1 where valid; anything (NaN too) elsewhere.
        valid: N×1×H×W bool.
    Returns
        a scalar float32 ≥ 0.
    """

    class Config(ComponentConfig):
        """Weights of easy pixels and of foreground."""

        gamma: float = Field(2.0, ge=1, le=10, description="γ: a higher value gives less weight to easy pixels.")
        alpha: float = Field(0.25, gt=0, lt=1, description="α: weight of foreground; background has 1 − alpha.")

    config: Config
    reads = "logits"

    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """The loss."""
        prediction, target = prediction.float().where(valid, 0.0), target.float().where(valid, 0.0)
        per_pixel = sigmoid_focal_loss(prediction, target, self.config.alpha, self.config.gamma, reduction="none")
        return valid_mean(per_pixel, valid)
