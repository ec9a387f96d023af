"""F-measure, or Dice coefficient, of foreground masks, pooled or image by image."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from mdf.plugins.metrics.confusion import ImageRate, PooledRate, ratio


class FMeasure(PooledRate):
    """2·P·R / (P + R) = 2·TP / (2·TP + FP + FN), the counts pooled over all frames.

    Source: N. Goyette et al., “changedetection.net: A new change detection benchmark dataset”, CVPR Workshops
    2012, which pools over the frames of one video and then averages over videos; here all frames are one pool,
    which for one video is the same number. An empty mask predicted for an empty truth scores 1.
    """

    label: ClassVar[str] = "F-measure"

    def rate(self, hit: Tensor, alarm: Tensor, miss: Tensor, pixels: Tensor) -> Tensor:  # noqa: ARG002
        """The F-measure 0–1."""
        return ratio(2.0 * hit, 2.0 * hit + alarm + miss)


class MeanDice(ImageRate):
    """The same number of each image, there called Dice coefficient, averaged over images.

    Source: L. R. Dice, “Measures of the amount of ecologic association between species”, Ecology 26 (1945).
    An image with an empty truth scores 1 if nothing is predicted in it, else 0.
    """

    label: ClassVar[str] = "Dice/image"
    rate = FMeasure.rate
