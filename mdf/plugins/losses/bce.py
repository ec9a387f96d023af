"""Binary cross-entropy on logits."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from mdf.core.loss import Loss

CERTAIN_BACKGROUND = -1e4
"""The logit that invalid pixels get, with a target of 0. Its loss and its gradient are exactly 0."""


class BCELoss(Loss):
    """Mean binary cross-entropy between sigmoid(logits) and a fraction 0–1, in nats per pixel.

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
        # Masking both inputs, not only the result, keeps NaN out of the gradient.
        prediction, target = prediction.float().where(valid, CERTAIN_BACKGROUND), target.float().where(valid, 0.0)
        entropy = F.binary_cross_entropy_with_logits(prediction, target, reduction="sum")
        return entropy / valid.expand_as(prediction).sum().clamp(min=1)
