"""The counts behind all mask scores: TP, FP, FN; and how they become a pooled or an average score."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial
from typing import ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from mdf.core.compiled import compiled
from mdf.core.component import ComponentConfig
from mdf.core.metric import Metric, Protocol
from mdf.core.pixels import Flags, Values, by_sample

HALF = np.float32(0.5)


class MaskMetricConfig(ComponentConfig):
    """Options of a mask metric."""

    threshold: float | None = Field(
        None, ge=0, le=1, description="Lowest probability that counts as foreground; None = the method's own threshold."
    )

    @property
    def cut(self) -> float:
        """What predictions are compared with: decisions are 0 or 1."""
        return 0.5 if self.threshold is None else self.threshold

    @property
    def cut_label(self) -> str:
        """The threshold, in words, for a protocol."""
        return "own threshold" if self.threshold is None else f"threshold {self.threshold:g}"

    @property
    def reads(self) -> Literal["values", "decision"]:
        """What a metric with these options reads."""
        return "decision" if self.threshold is None else "values"


def confusion(prediction: Tensor, target: Tensor, valid: Tensor, threshold: float) -> Tensor:
    """Exact counts of each sample.

    Reads
        prediction: N×1×H×W float32 probability 0–1; foreground if at least `threshold`.
        target: N×1×H×W float32; foreground if at least 0.5.
        valid: N×1×H×W bool.
    Returns
        N×4 float64: true positives, false positives, false negatives, valid pixels.
    """
    # float32 like the pixels; otherwise a probability of exactly 0.7 would be below a threshold of 0.7
    return by_sample(partial(_counts, threshold=np.float32(threshold)), prediction, target, valid)


@compiled()
def _counts(prediction: Values, target: Values, valid: Flags, threshold: np.float32) -> tuple[int, int, int, int]:
    counted = valid.view(np.uint8)
    tp, positive, relevant, pixels = 0, 0, 0, 0
    for i in range(len(counted)):
        predicted, true = counted[i] & (prediction[i] >= threshold), counted[i] & (target[i] >= HALF)
        tp += predicted & true
        positive += predicted
        relevant += true
        pixels += counted[i]
    return tp, positive - tp, relevant - tp, pixels


def ratio(part: Tensor, whole: Tensor) -> Tensor:
    """part / whole; 1 if the whole is 0, because then there was nothing to find and nothing was found."""
    return torch.where(whole > 0, part / whole.clamp(min=1.0), 1.0)


class PooledRate(Metric):
    """A rate computed from the counts over all pixels of all images."""

    class Config(MaskMetricConfig):
        """Options of a rate."""

    config: MaskMetricConfig
    direction: ClassVar[Literal["higher", "lower"]] = "higher"
    unit: ClassVar[str] = ""
    aggregation: ClassVar[str] = "pooled over pixels"

    def __init__(self, config: MaskMetricConfig) -> None:
        super().__init__(config)
        perfect = 1.0 if self.direction == "higher" else 0.0
        self.reads = config.reads
        aggregation = f"{self.aggregation}, {config.cut_label}"
        self.protocol = Protocol(aggregation, self.direction, perfect, self.unit)

    @abstractmethod
    def rate(self, tp: Tensor, fp: Tensor, fn: Tensor, pixels: Tensor) -> Tensor:
        """The rate, from the numbers of true positives, false positives, false negatives and valid pixels (≥ 1)."""

    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """N×4: true positives, false positives, false negatives, valid pixels."""
        return confusion(prediction, target, valid, self.config.cut)

    def score(self, totals: Tensor) -> Tensor:
        """The rate of the summed counts; NaN without a valid pixel."""
        return self.rate(*totals.unbind(-1)).where(totals[..., 3] > 0, torch.nan)


class ImageRate(PooledRate):
    """A rate computed for each image and averaged over the images with a valid pixel."""

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
