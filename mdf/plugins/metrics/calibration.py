"""Expected calibration error: whether a probability of foreground means what it says."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from mdf.core.compiled import compiled
from mdf.core.component import ComponentConfig
from mdf.core.metric import Metric, Protocol
from mdf.core.pixels import Flags, Values, by_sample
from mdf.plugins.metrics.confusion import HALF

ZERO = np.float32(0)


class ECE(Metric):
    """ECE = Σ_b n_b / n · |mean probability in bin b − share of foreground in bin b|, over equal bins of probability.

    All valid pixels of all images are pooled. A bin holds its lower edge; the last bin holds 1 too. It is 0 if, for
    example, 70 % of the pixels with a probability of 0.7 are foreground. It does not say how well foreground and
    background are told apart.

    Source: M. P. Naeini, G. F. Cooper, M. Hauskrecht, “Obtaining well calibrated probabilities using Bayesian binning”,
    AAAI 2015, for the probability of one class.
    """

    class Config(ComponentConfig):
        """Options of the expected calibration error."""

        bins: int = Field(15, ge=2, le=1024, description="Number of probability bins.")

    config: Config
    label: ClassVar[str] = "ECE"

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.protocol = Protocol(f"pooled over pixels, {config.bins} bins", "lower", perfect=0.0, unit="")

    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """N×3·`bins`: in each bin the number of pixels, then the summed probabilities, then the foreground pixels."""
        return by_sample(partial(_by_bin, bins=self.config.bins), prediction, target, valid)

    def score(self, totals: Tensor) -> Tensor:
        """The ECE 0–1; NaN without a valid pixel."""
        pixels, probability, foreground = torch.split(totals, self.config.bins, dim=-1)
        error: Tensor = (probability - foreground).abs().sum(-1) / pixels.sum(-1)
        return error


@compiled()
def _by_bin(prediction: Values, target: Values, valid: Flags, bins: int) -> NDArray[np.float64]:
    sums = np.zeros(3 * bins)
    scale, last = np.float32(bins), np.float32(bins - 1)
    for i in range(len(valid)):
        if valid[i]:
            index = int(min(max(ZERO, prediction[i] * scale), last))
            sums[index] += 1
            sums[bins + index] += prediction[i]
            sums[2 * bins + index] += target[i] >= HALF
    return sums
