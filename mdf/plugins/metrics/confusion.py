"""Counts that every mask score is made of, and the two ways of making one score of them."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from mdf.core.compiled import compiled
from mdf.core.component import ComponentConfig
from mdf.core.metric import Metric, Protocol
from mdf.core.pixels import Pixels, by_sample

HALF = np.float32(0.5)


class MaskMetricConfig(ComponentConfig):
    """Options of a metric of masks."""

    threshold: float = Field(0.5, ge=0, le=1, description="Probability from which a pixel is foreground.")


def confusion(prediction: Tensor, target: Tensor, valid: Tensor, threshold: float) -> Tensor:
    """Exact counts of each sample.

    Reads
        prediction: N×1×H×W float32 probability 0–1; foreground where it is at least `threshold`.
        target: N×1×H×W float32, foreground where it is at least 0.5.
        valid: N×1×H×W bool.
    Returns
        N×4 float64: true positives, false positives, false negatives, valid pixels.
    """
    # as float32, like the pixels: else a probability of exactly 0.7 would lie below a threshold of 0.7
    return by_sample(partial(_counts, edge=np.float32(threshold)), prediction, target, valid)


@compiled()
def _counts(prediction: Pixels, target: Pixels, valid: Pixels, edge: Any) -> tuple[int, int, int, int]:
    known = valid.view(np.uint8)
    hit, positive, relevant, pixels = 0, 0, 0, 0
    for i in range(len(known)):
        found, true = known[i] & (prediction[i] >= edge), known[i] & (target[i] >= HALF)
        hit += found & true
        positive += found
        relevant += true
        pixels += known[i]
    return hit, positive - hit, relevant - hit, pixels


def ratio(part: Tensor, whole: Tensor) -> Tensor:
    """part / whole; 1 where the whole is 0: nothing to find, nothing found."""
    return torch.where(whole > 0, part / whole.clamp(min=1.0), 1.0)


class PooledRate(Metric):
    """A rate of the counts of all pixels of all images."""

    class Config(MaskMetricConfig):
        """Options of a rate."""

    config: MaskMetricConfig
    direction: ClassVar[Literal["higher", "lower"]] = "higher"
    unit: ClassVar[str] = ""
    aggregation: ClassVar[str] = "pooled over pixels"

    def __init__(self, config: MaskMetricConfig) -> None:
        super().__init__(config)
        perfect = 1.0 if self.direction == "higher" else 0.0
        told = f"{self.aggregation}, threshold {config.threshold:g}"
        self.protocol = Protocol(told, self.direction, perfect, self.unit)

    @abstractmethod
    def rate(self, hit: Tensor, alarm: Tensor, miss: Tensor, pixels: Tensor) -> Tensor:
        """The rate of counts: true positives, false positives, false negatives, valid pixels (at least 1)."""

    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """N×4: true positives, false positives, false negatives, valid pixels."""
        return confusion(prediction, target, valid, self.config.threshold)

    def score(self, totals: Tensor) -> Tensor:
        """The rate of pooled counts; NaN without a valid pixel."""
        return self.rate(*totals.unbind(-1)).where(totals[..., 3] > 0, torch.nan)


class ImageRate(PooledRate):
    """A rate of each image's counts, averaged over the images that have a valid pixel."""

    aggregation: ClassVar[str] = "mean over images"

    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """N×2: the image's rate, and 1 (both 0 without a valid pixel)."""
        counts = super().statistics(prediction, target, valid)
        measured = counts[:, 3] > 0
        return torch.stack([self.rate(*counts.unbind(-1)).where(measured, 0.0), measured.double()], dim=-1)

    def score(self, totals: Tensor) -> Tensor:
        """The mean rate."""
        total, images = totals.unbind(-1)
        return total / images  # 0 / 0 is NaN: no image was measured
