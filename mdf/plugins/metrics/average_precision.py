"""Average precision of foreground probabilities over all thresholds."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import numpy as np
from pydantic import Field
from torch import Tensor

from mdf.core.compiled import compiled
from mdf.core.component import ComponentConfig
from mdf.core.metric import Metric, Protocol
from mdf.core.pixels import Pixels, by_sample
from mdf.plugins.metrics.confusion import HALF

ZERO = np.float32(0)


class AveragePrecision(Metric):
    """AP = Σ (R_n − R_{n−1})·P_n over thresholds from 1 down to 0, pixels pooled over all images.

    The thresholds are the lower edges of `bins` equal bins of probability: pixels of one bin count as equally
    sure, which is what lets images add. Against ranking every pixel the score is off by the precision's change
    inside a bin. NaN where there is no foreground.

    Source: G. Salton, M. McGill, “Introduction to Modern Information Retrieval” (1983), without interpolation.
    """

    class Config(ComponentConfig):
        """Options of the average precision."""

        bins: int = Field(64, ge=2, le=1024, description="Steps of probability that are told apart.")

    config: Config
    label: ClassVar[str] = "AP"

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.protocol = Protocol(f"pooled over pixels, {config.bins} thresholds", "higher", perfect=1.0, unit="")

    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """N×2·`bins`: background pixels of each bin of probability, then foreground pixels of each."""
        return by_sample(partial(_histogram, bins=self.config.bins), prediction, target, valid)

    def score(self, totals: Tensor) -> Tensor:
        """The average precision 0–1."""
        alarms, hits = totals[..., : self.config.bins].flip(-1), totals[..., self.config.bins :].flip(-1)
        found = hits.cumsum(-1)
        precision = found / (found + alarms.cumsum(-1)).clamp(min=1.0)
        return (hits * precision).sum(-1) / found[..., -1]  # 0 / 0 is NaN: no foreground


@compiled()
def _histogram(prediction: Pixels, target: Pixels, valid: Pixels, bins: int) -> Pixels:
    """Pixels by bin, background first. What is not a number is no foreground."""
    counts = np.zeros(2 * bins + 1)  # the last of what is invalid: a place for all is faster than a branch
    scale, last = np.float32(bins), np.float32(bins - 1)
    for i in range(len(valid)):
        place = int(min(max(ZERO, prediction[i] * scale), last))
        if target[i] >= HALF:
            place += bins
        if not valid[i]:
            place = 2 * bins
        counts[place] += 1
    return counts[:-1]
