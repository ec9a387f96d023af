"""Boundary F-measure: how well the contours of two masks agree, within a few pixels."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from mdf.core.metric import Metric, Protocol
from mdf.plugins.metrics.confusion import MaskMetricConfig
from mdf.plugins.metrics.contour import contour, near


class BoundaryF(Metric):
    """2·P·R / (P + R) of the contours of each image, averaged over the images with a valid pixel.

    P is the share of the predicted contour within `tolerance` pixels of the true contour. R is the share of the true
    contour within `tolerance` pixels of the predicted one. An image without any contour scores 1. An image with only
    one of the two contours scores 0.

    Sources: D. Martin, C. Fowlkes, J. Malik, “Learning to detect natural image boundaries using local
    brightness, color, and texture cues”, PAMI 26 (2004); per image as in G. Csurka et al., “What is a good
    evaluation measure for semantic segmentation?”, BMVC 2013. Pixels are matched by distance only, not one to one.
    """

    class Config(MaskMetricConfig):
        """Options of the boundary F-measure."""

        tolerance: int = Field(2, ge=0, le=50, description="Largest distance, in pixels, at which contours agree.")

    config: Config
    label: ClassVar[str] = "boundary F"

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.reads = config.reads
        aggregation = f"mean over images, {config.cut_label}, within {config.tolerance} px"
        self.protocol = Protocol(aggregation, "higher", perfect=1.0, unit="")

    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """N×2: the image's boundary F, and 1 (both 0 without a valid pixel)."""
        predicted, true = contour(prediction >= self.config.cut, valid), contour(target >= 0.5, valid)
        lengths = _count(predicted), _count(true)
        matched = _count(predicted & self._near(true)), _count(true & self._near(predicted))
        precision, recall = (part / whole.clamp(min=1.0) for part, whole in zip(matched, lengths, strict=True))
        score = 2.0 * precision * recall / (precision + recall).clamp(min=torch.finfo(torch.float64).tiny)
        score = torch.where(lengths[0] + lengths[1] > 0, score, 1.0)
        measured = _count(valid) > 0
        return torch.stack([score.where(measured, 0.0), measured.double()], dim=-1)

    def score(self, totals: Tensor) -> Tensor:
        """The mean boundary F 0–1."""
        total, images = totals.unbind(-1)
        return total / images  # 0 / 0 is NaN: no image was measured

    def _near(self, pixels: Tensor) -> Tensor:
        return near(pixels, self.config.tolerance)


def _count(pixels: Tensor) -> Tensor:
    """The number of set pixels of each sample: N float64."""
    return pixels.flatten(1).sum(1).double()
