"""One less the cosine of the angle between predicted and true normal."""

from torch import Tensor

from mdf.core.loss import Loss, valid_mean


class CosineLoss(Loss):
    """1 − cos(angle) of unit vectors: 0 where they agree, 2 where they are opposite."""

    reads = "values"

    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """The loss."""
        cosine = (prediction.where(valid, 0.0) * target.where(valid, 0.0)).sum(1, keepdim=True)
        return valid_mean(1 - cosine, valid)
