"""Dice loss: overlap of masks."""

from __future__ import annotations

from pydantic import Field
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.loss import Loss
from mdf.plugins.losses.tversky import one_minus_overlap


class DiceLoss(Loss):
    """1 − 2·Σpt / (Σp + Σt), with probabilities p and truth t, summed over all valid pixels of the batch.

    Source: F. Milletari, N. Navab, S.-A. Ahmadi, “V-Net”, 3DV 2016 (arXiv:1606.04797), without the squares.

    Reads
        prediction: N×C×H×W float32 logits, unbounded.
        target: N×C×H×W float32, 0–1 where valid; anything (NaN too) elsewhere.
        valid: N×1×H×W bool.
    Returns
        a scalar float32, 0–1.
    """

    class Config(ComponentConfig):
        """What is summed."""

        per_image: bool = Field(
            False,
            description="Sum over each image by itself, then take the mean: small objects weigh as much as large ones.",
        )

    config: Config
    reads = "logits"
    is_pixel_mean = False

    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """The loss."""
        return one_minus_overlap(prediction, target, valid, 0.5, 0.5, self.config.per_image)
