"""Errors in the task's own unit: RMSE and MAE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from torch import Tensor

from mdf.core.pixels import Pixels, total
from mdf.plugins.metrics.difference import DifferenceMetric


class RMSE(DifferenceMetric):
    """√(mean of (prediction − truth)²)."""

    label: ClassVar[str] = "RMSE"

    def sums(self, prediction: Pixels, target: Pixels) -> Sequence[float]:
        """The sum of squared differences."""
        difference = prediction - target
        return [total(difference, difference)]

    def rate(self, *means: Tensor) -> Tensor:
        """The root of the mean."""
        return means[0].sqrt()


class MAE(DifferenceMetric):
    """Mean of |prediction − truth|."""

    label: ClassVar[str] = "MAE"

    def sums(self, prediction: Pixels, target: Pixels) -> Sequence[float]:
        """The sum of absolute differences."""
        difference = prediction - target
        return [total(np.abs(difference, out=difference))]

    def rate(self, *means: Tensor) -> Tensor:
        """The mean."""
        return means[0]
