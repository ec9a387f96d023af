"""Intersection over union of foreground masks, pooled or averaged over images."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from mdf.plugins.metrics.confusion import ImageRate, PooledRate, ratio


class IoU(PooledRate):
    """TP / (TP + FP + FN), with counts over all pixels of all images (Jaccard 1912).

    An empty mask predicted for an empty truth scores 1.
    """

    label: ClassVar[str] = "IoU"

    def rate(self, tp: Tensor, fp: Tensor, fn: Tensor, pixels: Tensor) -> Tensor:  # noqa: ARG002
        """The IoU 0–1."""
        return ratio(tp, tp + fp + fn)


class MeanIoU(ImageRate):
    """The IoU of each image, averaged over the images with a valid pixel.

    An image with an empty truth scores 1 if the predicted mask is empty too, else 0.
    """

    label: ClassVar[str] = "IoU/image"
    rate = IoU.rate
