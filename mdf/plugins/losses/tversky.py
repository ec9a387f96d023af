"""Tversky loss: overlap of masks, with weights of their own for false alarms and misses."""

from __future__ import annotations

from pydantic import Field
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.loss import Loss

SMOOTH = 1.0
"""Pixels added to numerator and denominator: an empty mask has a finite loss, and one that can be learned from."""


def one_minus_overlap(prediction: Tensor, target: Tensor, valid: Tensor, alarms: float, misses: float) -> Tensor:
    """1 − TP / (TP + `alarms`·FP + `misses`·FN) of sigmoid(logits), valid pixels of the whole batch pooled.

    Reads
        prediction: N×C×H×W float32 logits; target: N×C×H×W float32, 0–1 where valid; valid: N×1×H×W bool.
    Returns
        a scalar float32, the mean over channels; 0 without a valid pixel.
    """
    probability = prediction.float().where(valid, 0.0).sigmoid().where(valid, 0.0)
    target = target.float().where(valid, 0.0)
    hit = (probability * target).sum((0, 2, 3))
    alarm, miss = probability.sum((0, 2, 3)) - hit, target.sum((0, 2, 3)) - hit
    overlap = (hit + SMOOTH) / (hit + alarms * alarm + misses * miss + SMOOTH)
    return 1.0 - overlap.mean()


class TverskyLoss(Loss):
    """1 − TP / (TP + α·FP + β·FN) of probabilities, pooled over the batch's valid pixels; α = β = ½ is Dice.

    Source: S. Salehi, D. Erdogmus, A. Gholipour, “Tversky loss function for image segmentation using 3D fully
    convolutional deep networks”, MLMI 2017 (arXiv:1706.05721), whose best weights are the defaults.

    Reads
        prediction: N×C×H×W float32 logits, unbounded.
        target: N×C×H×W float32, 0–1 where valid; anything (NaN too) elsewhere.
        valid: N×1×H×W bool.
    Returns
        a scalar float32, 0–1.
    """

    class Config(ComponentConfig):
        """The weights of the two kinds of mistake."""

        alpha: float = Field(0.3, ge=0, le=1, description="Weight of false alarms.")
        beta: float = Field(0.7, ge=0, le=1, description="Weight of misses.")

    config: Config
    reads = "logits"
    is_pixel_mean = False

    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """The loss."""
        return one_minus_overlap(prediction, target, valid, self.config.alpha, self.config.beta)
