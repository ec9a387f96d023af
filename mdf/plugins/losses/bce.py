"""Binary cross-entropy on logits."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from mdf.core.loss import Loss

SURE = -1e4
"""A logit that costs nothing where the target is 0, not even in its gradient: what invalid pixels get."""


class BCELoss(Loss):
    """Mean binary cross-entropy between sigmoid(logits) and a fraction 0–1, in nats a pixel.

    Reads
        prediction: N×C×H×W float32 logits, unbounded.
        target: N×C×H×W float32, 0–1 where valid; anything (NaN too) elsewhere.
        valid: N×1×H×W bool.
    Returns
        a scalar float32 ≥ 0.
    """

    reads = "logits"

    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """The loss."""
        # Both sides are masked before they meet: masking the result alone lets NaN into the gradient.
        prediction, target = prediction.float().where(valid, SURE), target.float().where(valid, 0.0)
        entropy = F.binary_cross_entropy_with_logits(prediction, target, reduction="sum")
        return entropy / valid.expand_as(prediction).sum().clamp(min=1)
