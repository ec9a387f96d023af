"""Intersection over union of foreground masks, pooled or image by image."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from mdf.plugins.metrics.confusion import ImageRate, PooledRate, ratio


class IoU(PooledRate):
    """TP / (TP + FP + FN), the counts pooled over all pixels of all images (Jaccard 1912).

    An empty mask predicted for an empty truth scores 1.
    """

    label: ClassVar[str] = "IoU"

    def rate(self, hit: Tensor, alarm: Tensor, miss: Tensor, pixels: Tensor) -> Tensor:  # noqa: ARG002
        """The IoU 0–1."""
        return ratio(hit, hit + alarm + miss)


class MeanIoU(ImageRate):
    """The IoU of each image, averaged over the images that have a valid pixel.

    An image with an empty truth scores 1 if nothing is predicted in it, else 0.
    """

    label: ClassVar[str] = "IoU/image"
    rate = IoU.rate
