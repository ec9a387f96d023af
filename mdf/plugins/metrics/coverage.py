"""Whether a spread is as large as it says: how many pixels lie in the intervals that it promises."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import numpy as np
from torch import Tensor

from mdf.core.compiled import compiled
from mdf.core.component import ComponentConfig
from mdf.core.metric import Metric, Protocol
from mdf.core.pixels import Pixels, by_sample


class CoverageGap(Metric):
    """How far the share of pixels inside the central interval of probability p is from p; see `CoverageGap90`."""

    probability: ClassVar[float]
    reads: ClassVar[Literal["values", "distribution"]] = "distribution"

    def __init__(self, config: ComponentConfig) -> None:
        super().__init__(config)
        self.protocol = Protocol("pooled over pixels", "lower", perfect=0.0, unit="")

    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """N×2: pixels inside their interval, and all that are valid."""
        value, spread = prediction.tensor_split(2, dim=1)
        return by_sample(self._count, value, spread, target, valid)

    def score(self, totals: Tensor) -> Tensor:
        """The distance of the share from p."""
        inside, pixels = totals.unbind(-1)
        return (inside / pixels - self.probability).abs()  # 0 / 0 is NaN: nothing was measured

    def _count(self, value: Pixels, spread: Pixels, target: Pixels, valid: Pixels) -> tuple[float, float]:
        inside, exact, pixels = _inside(value, spread, target, valid, -math.log1p(-self.probability))
        return inside + self.probability * exact, pixels


@compiled()
def _inside(value: Pixels, spread: Pixels, target: Pixels, valid: Pixels, spreads: float) -> tuple[int, int, int]:
    """Pixels wrong by at most so many spreads, pixels without any error, and all that are valid."""
    known = valid.view(np.uint8)
    inside, exact, pixels = 0, 0, 0
    for i in range(len(known)):
        error = abs(np.float64(value[i]) - np.float64(target[i]))
        inside += known[i] & (error <= spreads * np.float64(spread[i])) & (error > 0)
        exact += known[i] & (error == 0)
        pixels += known[i]
    return inside, exact, pixels


class CoverageGap50(CoverageGap):
    """|share of pixels whose truth lies in the central half of their Laplace distribution − 0.5|.

    That half is value ± 0.693 spreads, v ± b·ln 2. A pixel without any error counts 0.5. Source: as `coverage-gap-90`.
    """

    label: ClassVar[str] = "coverage gap 50 %"
    probability: ClassVar[float] = 0.5


class CoverageGap90(CoverageGap):
    """|share of pixels whose truth lies in the central 90 % of their Laplace distribution − 0.9|, pooled over pixels.

    DatasetWrapper the value v with spread b (the expected absolute error) those are v ± b·ln 10 = v ± 2.303 b, since
    P(|d| ≤ t) = 1 − exp(−t / b). A pixel without any error tells nothing of its spread and counts 0.9. `ause` asks
    whether spreads have the right order, this whether they have the right size.

    Source: calibration of a regression as in V. Kuleshov, N. Fenner, S. Ermon, “Accurate uncertainties for deep
    learning using calibrated regression”, ICML 2018 (arXiv:1807.00263), at one p, of central intervals.
    """

    label: ClassVar[str] = "coverage gap 90 %"
    probability: ClassVar[float] = 0.9
