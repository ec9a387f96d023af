"""F-measure (Dice coefficient) of foreground masks, pooled or averaged over images."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from mdf.plugins.metrics.confusion import ImageRate, PooledRate, ratio


class FMeasure(PooledRate):
    """2·P·R / (P + R) = 2·TP / (2·TP + FP + FN), with counts over all pixels of all frames.

    An empty mask predicted for an empty truth scores 1.

    Source: N. Goyette et al., “changedetection.net: A new change detection benchmark dataset”, CVPR Workshops
    2012. The paper pools the frames of each video and then averages over videos. This metric pools all frames, which
    gives the same number for one video.
    """

    label: ClassVar[str] = "F-measure"

    def rate(self, tp: Tensor, fp: Tensor, fn: Tensor, pixels: Tensor) -> Tensor:  # noqa: ARG002
        """The F-measure 0–1."""
        return ratio(2.0 * tp, 2.0 * tp + fp + fn)


class MeanDice(ImageRate):
    """2·TP / (2·TP + FP + FN) of each image (the Dice coefficient), averaged over images.

    An image with an empty truth scores 1 if the predicted mask is empty too, else 0.

    Source: L. R. Dice, “Measures of the amount of ecologic association between species”, Ecology 26 (1945).
    """

    label: ClassVar[str] = "Dice/image"
    rate = FMeasure.rate
