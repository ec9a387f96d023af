"""Errors of positive values relative to the truth: AbsRel, SqRel and the δ accuracies.

Source: D. Eigen, C. Puhrsch, R. Fergus, “Depth map prediction from a single image using a multi-scale deep
network”, NeurIPS 2014.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from torch import Tensor

from mdf.core.pixels import Flags, Values
from mdf.plugins.metrics.difference import DifferenceMetric
from mdf.plugins.metrics.pixel_sums import relative_differences, within


class AbsRel(DifferenceMetric):
    """Mean of |prediction − truth| / truth."""

    label: ClassVar[str] = "AbsRel"
    unit: ClassVar[str | None] = ""
    positive: ClassVar[bool] = True

    def sums(self, prediction: Values, target: Values, counted: Flags) -> Sequence[float]:
        """Sum of relative differences, and the number of pixels."""
        absolute, _, pixels = relative_differences(prediction, target, counted)
        return absolute, pixels

    def rate(self, *means: Tensor) -> Tensor:
        """The mean."""
        return means[0]


class SqRel(DifferenceMetric):
    """Mean of (prediction − truth)² / truth, in the task's unit. (Some authors divide by truth².)"""

    label: ClassVar[str] = "SqRel"
    positive: ClassVar[bool] = True

    def sums(self, prediction: Values, target: Values, counted: Flags) -> Sequence[float]:
        """Sum of squared differences divided by the truth, and the number of pixels."""
        _, squared, pixels = relative_differences(prediction, target, counted)
        return squared, pixels

    def rate(self, *means: Tensor) -> Tensor:
        """The mean."""
        return means[0]


class Delta1(DifferenceMetric):
    """The share of pixels with max(prediction / truth, truth / prediction) < 1.25."""

    label: ClassVar[str] = "δ1"
    direction: ClassVar[Literal["higher", "lower"]] = "higher"
    unit: ClassVar[str | None] = ""
    positive: ClassVar[bool] = True
    power: ClassVar[int] = 1

    def sums(self, prediction: Values, target: Values, counted: Flags) -> Sequence[float]:
        """Number of pixels within the factor, and number of pixels."""
        return within(prediction, target, counted, 1.25**self.power)

    def rate(self, *means: Tensor) -> Tensor:
        """The share 0–1."""
        return means[0]


class Delta2(Delta1):
    """The share of pixels with max(prediction / truth, truth / prediction) < 1.25²."""

    label: ClassVar[str] = "δ2"
    power: ClassVar[int] = 2


class Delta3(Delta1):
    """The share of pixels with max(prediction / truth, truth / prediction) < 1.25³."""

    label: ClassVar[str] = "δ3"
    power: ClassVar[int] = 3
