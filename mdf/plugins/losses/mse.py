"""Mean squared error on values."""

from __future__ import annotations

from torch import Tensor

from mdf.core.loss import Loss, valid_difference, valid_mean


class MSELoss(Loss):
    """Mean squared error of scaled values.

    Reads
        prediction: N×C×H×W float32 scaled values (mask: probability; depth: in scales).
        target: N×C×H×W float32, the same space where valid; anything (NaN too) elsewhere.
        valid: N×1×H×W bool.
    Returns
        a scalar float32 ≥ 0.
    """

    reads = "values"

    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """The loss."""
        return valid_mean(valid_difference(prediction, target, valid).square(), valid)
