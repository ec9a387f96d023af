"""F-measure of foreground masks, as change detection reports it."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from mdf.core.metric import Metric, Protocol
from mdf.plugins.metrics.confusion import MaskMetricConfig, confusion, ratio


class FMeasure(Metric):
    """2·P·R / (P + R) = 2·TP / (2·TP + FP + FN), the counts pooled over all frames.

    Source: N. Goyette et al., “changedetection.net: A new change detection benchmark dataset”, CVPR Workshops
    2012, which pools over the frames of one video and then averages over videos; here all frames are one pool,
    which for one video is the same number. An empty mask predicted for an empty truth scores 1.
    """

    class Config(MaskMetricConfig):
        """Options of the F-measure."""

    config: Config
    label: ClassVar[str] = "F-measure"

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.protocol = Protocol(f"pooled over pixels, threshold {config.threshold:g}", "higher", perfect=1.0)

    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """N×4: true positives, false positives, false negatives, valid pixels."""
        return confusion(prediction, target, valid, self.config.threshold)

    def score(self, totals: Tensor) -> Tensor:
        """The F-measure 0–1 of pooled counts."""
        hit, alarm, miss, pixels = totals.unbind(-1)
        return ratio(2.0 * hit, 2.0 * hit + alarm + miss, pixels)
