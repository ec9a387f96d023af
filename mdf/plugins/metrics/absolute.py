"""Errors in the task's own unit: RMSE and MAE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor

from mdf.core.pixels import Flags, Values
from mdf.plugins.metrics.difference import DifferenceMetric
from mdf.plugins.metrics.pixel_sums import differences


class RMSE(DifferenceMetric):
    """√(mean of (prediction − truth)²)."""

    label: ClassVar[str] = "RMSE"

    def sums(self, prediction: Values, target: Values, counted: Flags) -> Sequence[float]:
        """Sum of squared differences, and the number of pixels."""
        _, squared, pixels = differences(prediction, target, counted)
        return squared, pixels

    def rate(self, *means: Tensor) -> Tensor:
        """The square root of the mean."""
        return means[0].sqrt()


class MAE(DifferenceMetric):
    """Mean of |prediction − truth|."""

    label: ClassVar[str] = "MAE"

    def sums(self, prediction: Values, target: Values, counted: Flags) -> Sequence[float]:
        """Sum of absolute differences, and the number of pixels."""
        absolute, _, pixels = differences(prediction, target, counted)
        return absolute, pixels

    def rate(self, *means: Tensor) -> Tensor:
        """The mean."""
        return means[0]
