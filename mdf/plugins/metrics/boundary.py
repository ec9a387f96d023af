"""Boundary F-measure: how well the contour of a mask is met, within a few pixels."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from mdf.core.metric import Metric, Protocol
from mdf.plugins.metrics.confusion import MaskMetricConfig
from mdf.plugins.metrics.contour import contour, near


class BoundaryF(Metric):
    """2·P·R / (P + R) of contours, image by image, averaged over the images that have a valid pixel.

    P is the share of the predicted contour that lies at most `tolerance` from the true one, R the share of the
    true contour that lies at most `tolerance` from the predicted one. An image without either contour scores 1,
    with one of them 0.

    Sources: D. Martin, C. Fowlkes, J. Malik, “Learning to detect natural image boundaries using local
    brightness, color, and texture cues”, PAMI 26 (2004); per image as in G. Csurka et al., “What is a good
    evaluation measure for semantic segmentation?”, BMVC 2013. Matching is by distance alone, not one to one.
    """

    class Config(MaskMetricConfig):
        """Options of the boundary F-measure."""

        tolerance: int = Field(2, ge=0, le=50, description="Pixels that two contours may lie apart and still agree.")

    config: Config
    label: ClassVar[str] = "boundary F"

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        told = f"mean over images, threshold {config.threshold:g}, within {config.tolerance} px"
        self.protocol = Protocol(told, "higher", perfect=1.0, unit="")

    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """N×2: the image's boundary F, and 1 (both 0 without a valid pixel)."""
        found, true = contour(prediction >= self.config.threshold, valid), contour(target >= 0.5, valid)
        lengths = _count(found), _count(true)
        met = _count(found & self._near(true)), _count(true & self._near(found))
        precision, recall = (part / whole.clamp(min=1.0) for part, whole in zip(met, lengths, strict=True))
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
    """How many of each sample's pixels are set: N float64."""
    return pixels.flatten(1).sum(1).double()
