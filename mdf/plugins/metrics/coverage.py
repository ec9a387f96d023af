"""Calibration of uncertainties: how many pixels lie inside the predicted intervals."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from torch import Tensor

from mdf.core.compiled import compiled
from mdf.core.component import ComponentConfig
from mdf.core.metric import Metric, Protocol
from mdf.core.pixels import Flags, Values, by_sample


class CoverageGap(Metric):
    """|share of pixels inside the central interval of probability p − p|. See `CoverageGap90`."""

    probability: ClassVar[float]
    reads = "distribution"

    def __init__(self, config: ComponentConfig) -> None:
        super().__init__(config)
        self.protocol = Protocol("pooled over pixels", "lower", perfect=0.0, unit="")

    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """N×2: number of pixels inside their interval, and number of valid pixels."""
        value, spread = prediction.tensor_split(2, dim=1)
        return by_sample(self._count, value, spread, target, valid)

    def score(self, totals: Tensor) -> Tensor:
        """The absolute difference between the share and p."""
        inside, pixels = totals.unbind(-1)
        return (inside / pixels - self.probability).abs()  # 0 / 0 is NaN: no valid pixel

    def _count(self, value: Values, spread: Values, target: Values, valid: Flags) -> tuple[float, float]:
        inside, exact, pixels = _inside(value, spread, target, valid, -math.log1p(-self.probability))
        return inside + self.probability * exact, pixels


@compiled()
def _inside(value: Values, spread: Values, target: Values, valid: Flags, factor: float) -> tuple[int, int, int]:
    """Numbers of pixels: with an error above 0 and at most `factor` spreads; without error; valid."""
    counted = valid.view(np.uint8)
    inside, exact, pixels = 0, 0, 0
    for i in range(len(counted)):
        error = abs(np.float64(value[i]) - np.float64(target[i]))
        inside += counted[i] & (error <= factor * np.float64(spread[i])) & (error > 0)
        exact += counted[i] & (error == 0)
        pixels += counted[i]
    return inside, exact, pixels


class CoverageGap50(CoverageGap):
    """|share of pixels whose truth is in the central 50 % of their Laplace distribution − 0.5|.

    With value v and spread b, the interval is v ± b·ln 2 = v ± 0.693 b. A pixel without error counts as 0.5. Source: as
    for `coverage-gap-90`.
    """

    label: ClassVar[str] = "coverage gap 50 %"
    probability: ClassVar[float] = 0.5


class CoverageGap90(CoverageGap):
    """|share of pixels whose truth is in the central 90 % of their Laplace distribution − 0.9|, pooled over pixels.

    With value v and spread b (the expected absolute error), the interval is v ± b·ln 10 = v ± 2.303 b, because
    P(|d| ≤ t) = 1 − exp(−t / b). A pixel without error says nothing about its spread and counts as 0.9. `ause` measures
    whether the spreads are ordered correctly; this metric measures whether they have the right size.

    Source: V. Kuleshov, N. Fenner, S. Ermon, “Accurate uncertainties for deep learning using calibrated regression”,
    ICML 2018 (arXiv:1807.00263), for one p and central intervals.
    """

    label: ClassVar[str] = "coverage gap 90 %"
    probability: ClassVar[float] = 0.9
