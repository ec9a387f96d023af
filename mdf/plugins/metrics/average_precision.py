"""Average precision of foreground probabilities over all thresholds."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from mdf.core.compiled import compiled
from mdf.core.component import ComponentConfig
from mdf.core.metric import Metric, Protocol
from mdf.core.pixels import Flags, Values, by_sample
from mdf.plugins.metrics.confusion import HALF

ZERO = np.float32(0)


class AveragePrecision(Metric):
    """AP = Σ (R_n − R_{n−1})·P_n over thresholds from 1 down to 0, with the pixels of all images pooled.

    The thresholds are the lower edges of `bins` equal bins of probability. Pixels in one bin count as equally certain,
    so that the counts of images can be added. Compared with ranking every pixel, the score differs by the change of
    precision inside a bin. NaN if there is no foreground.

    Source: G. Salton, M. McGill, “Introduction to Modern Information Retrieval” (1983), without interpolation.
    """

    class Config(ComponentConfig):
        """Options of the average precision."""

        bins: int = Field(64, ge=2, le=1024, description="Number of probability bins.")

    config: Config
    label: ClassVar[str] = "AP"

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.protocol = Protocol(f"pooled over pixels, {config.bins} thresholds", "higher", perfect=1.0, unit="")

    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """N×2·`bins`: the background pixels in each bin, then the foreground pixels in each bin."""
        return by_sample(partial(_histogram, bins=self.config.bins), prediction, target, valid)

    def score(self, totals: Tensor) -> Tensor:
        """The average precision 0–1."""
        background, foreground = totals[..., : self.config.bins].flip(-1), totals[..., self.config.bins :].flip(-1)
        tp = foreground.cumsum(-1)
        precision = tp / (tp + background.cumsum(-1)).clamp(min=1.0)
        return (foreground * precision).sum(-1) / tp[..., -1]  # 0 / 0 is NaN: no foreground


@compiled()
def _histogram(prediction: Values, target: Values, valid: Flags, bins: int) -> NDArray[np.float64]:
    """Number of pixels in each bin, background first. A prediction of NaN counts as probability 0."""
    counts = np.zeros(2 * bins + 1)  # invalid pixels go to an extra last bin, which is faster than a branch
    scale, last = np.float32(bins), np.float32(bins - 1)
    for i in range(len(valid)):
        index = int(min(max(ZERO, prediction[i] * scale), last))
        if target[i] >= HALF:
            index += bins
        if not valid[i]:
            index = 2 * bins
        counts[index] += 1
    return counts[:-1]
