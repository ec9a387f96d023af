"""Intersection over union of foreground masks, pooled or image by image."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from mdf.core.metric import Metric, Protocol
from mdf.plugins.metrics.confusion import MaskMetricConfig, confusion, ratio


class IoU(Metric):
    """TP / (TP + FP + FN), the counts pooled over all pixels of all images (Jaccard 1912).

    An empty mask predicted for an empty truth scores 1.
    """

    class Config(MaskMetricConfig):
        """Options of the pooled IoU."""

    config: Config
    label: ClassVar[str] = "IoU"

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.protocol = Protocol(f"pooled over pixels, threshold {config.threshold:g}", "higher", perfect=1.0)

    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """N×4: true positives, false positives, false negatives, valid pixels."""
        return confusion(prediction, target, valid, self.config.threshold)

    def score(self, totals: Tensor) -> Tensor:
        """The IoU 0–1 of pooled counts."""
        hit, alarm, miss, pixels = totals.unbind(-1)
        return ratio(hit, hit + alarm + miss, pixels)


class MeanIoU(Metric):
    """The IoU of each image, averaged over the images that have a valid pixel.

    An image with an empty truth scores 1 if nothing is predicted in it, else 0.
    """

    class Config(MaskMetricConfig):
        """Options of the IoU of each image."""

    config: Config
    label: ClassVar[str] = "IoU/image"

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.protocol = Protocol(f"mean over images, threshold {config.threshold:g}", "higher", perfect=1.0)

    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """N×2: the image's IoU, and 1 (both 0 without a valid pixel)."""
        hit, alarm, miss, pixels = confusion(prediction, target, valid, self.config.threshold).unbind(-1)
        score = ratio(hit, hit + alarm + miss, pixels)
        measured = (pixels > 0).double()
        return torch.stack([score.nan_to_num(0.0), measured], dim=-1)

    def score(self, totals: Tensor) -> Tensor:
        """The mean IoU 0–1."""
        total, images = totals.unbind(-1)
        return total / images  # 0 / 0 is NaN: no image was measured
