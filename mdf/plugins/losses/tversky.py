"""Tversky loss: overlap of masks, with separate weights for false alarms and misses."""

from __future__ import annotations

from pydantic import Field
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.loss import Loss

SMOOTH = 1.0
"""Added to numerator and denominator, in pixels. Gives an empty mask a finite loss and a gradient."""


def one_minus_overlap(
    prediction: Tensor, target: Tensor, valid: Tensor, alpha: float, beta: float, per_image: bool = False
) -> Tensor:
    """1 − TP / (TP + `alpha`·FP + `beta`·FN) of sigmoid(logits), summed over all valid pixels of the batch.

    With `per_image` it is the mean over images, each with its own sums.

    Reads
        prediction: N×C×H×W float32 logits; target: N×C×H×W float32, 0–1 where valid; valid: N×1×H×W bool.
    Returns
        a scalar float32, the mean over channels; 0 without a valid pixel.
    """
    probability = prediction.float().where(valid, 0.0).sigmoid().where(valid, 0.0)
    target = target.float().where(valid, 0.0)
    pixels = (2, 3) if per_image else (0, 2, 3)
    tp = (probability * target).sum(pixels)
    fp, fn = probability.sum(pixels) - tp, target.sum(pixels) - tp
    overlap = (tp + SMOOTH) / (tp + alpha * fp + beta * fn + SMOOTH)
    return 1.0 - overlap.mean()


class TverskyLoss(Loss):
    """1 − TP / (TP + α·FP + β·FN) of probabilities, summed over all valid pixels of the batch. α = β = ½ is Dice.

    Source: S. Salehi, D. Erdogmus, A. Gholipour, “Tversky loss function for image segmentation using 3D fully
    convolutional deep networks”, MLMI 2017 (arXiv:1706.05721). The defaults are the paper's best weights.

    Reads
        prediction: N×C×H×W float32 logits, unbounded.
        target: N×C×H×W float32, 0–1 where valid; anything (NaN too) elsewhere.
        valid: N×1×H×W bool.
    Returns
        a scalar float32, 0–1.
    """

    class Config(ComponentConfig):
        """Weights of the two kinds of error."""

        alpha: float = Field(0.3, ge=0, le=1, description="α: weight of false alarms (FP).")
        beta: float = Field(0.7, ge=0, le=1, description="β: weight of misses (FN).")

    config: Config
    reads = "logits"
    is_pixel_mean = False

    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """The loss."""
        return one_minus_overlap(prediction, target, valid, self.config.alpha, self.config.beta)
