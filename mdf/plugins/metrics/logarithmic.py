"""Errors of the logarithm of positive values: RMSElog, log10, and two scale-invariant errors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field
from torch import Tensor

from mdf.core.pixels import Flags, Values
from mdf.plugins.metrics.difference import DifferenceConfig, DifferenceMetric
from mdf.plugins.metrics.pixel_sums import log_differences


class LogMetric(DifferenceMetric):
    """Base of scores that use mean d and mean d², with d = ln(prediction) − ln(truth)."""

    unit: ClassVar[str | None] = ""
    positive: ClassVar[bool] = True

    def sums(self, prediction: Values, target: Values, counted: Flags) -> Sequence[float]:
        """Sums of d and of d², and the number of pixels."""
        total, _, squared, pixels = log_differences(prediction, target, counted)
        return total, squared, pixels


class RMSELog(LogMetric):
    """√(mean d²), with d = ln(prediction) − ln(truth).

    Source: D. Eigen, C. Puhrsch, R. Fergus, “Depth map prediction from a single image using a multi-scale deep
    network”, NeurIPS 2014.
    """

    label: ClassVar[str] = "RMSElog"

    def rate(self, *means: Tensor) -> Tensor:
        """The square root of the mean square."""
        return means[1].sqrt()


class Log10(DifferenceMetric):
    """Mean of |log10(prediction) − log10(truth)|.

    Source: A. Saxena, M. Sun, A. Ng, “Make3D: learning 3D scene structure from a single still image”, PAMI 31
    (2009).
    """

    label: ClassVar[str] = "log10"
    unit: ClassVar[str | None] = ""
    positive: ClassVar[bool] = True

    def sums(self, prediction: Values, target: Values, counted: Flags) -> Sequence[float]:
        """Sum of absolute differences of decimal logarithms, and the number of pixels."""
        _, absolute, _, pixels = log_differences(prediction, target, counted)
        return absolute / math.log(10), pixels

    def rate(self, *means: Tensor) -> Tensor:
        """The mean."""
        return means[0]


class ByImageConfig(DifferenceConfig):
    """Options of a scale-invariant error. By default it ignores one factor per image."""

    average: Literal["pixels", "images"] = Field(
        "images",
        description="images: ignores one factor per image, then averages over images; pixels: ignores one common "
        "factor, over all pixels.",
    )


class SILog(LogMetric):
    """100·√(mean d² − (mean d)²) with d = ln(prediction) − ln(truth): the standard deviation of d, in percent.

    A constant factor does not change it.

    Source: the depth benchmark of KITTI (J. Uhrig et al., “Sparsity invariant CNNs”, 3DV 2017). Its devkit takes the
    square root for each image, and its table multiplies by 100.
    """

    class Config(ByImageConfig):
        """Options of SILog."""

    label: ClassVar[str] = "SILog"

    def rate(self, *means: Tensor) -> Tensor:
        """100 times the standard deviation."""
        return 100.0 * _variance(*means).sqrt()


class SIVariance(LogMetric):
    """mean d² − (mean d)² with d = ln(prediction) − ln(truth): the variance of d. A constant factor does not change it.

    Source: D. Eigen, C. Puhrsch, R. Fergus, “Depth map prediction from a single image using a multi-scale deep
    network”, NeurIPS 2014, equation 3.
    """

    class Config(ByImageConfig):
        """Options of the scale-invariant variance."""

    label: ClassVar[str] = "SI variance"

    def rate(self, *means: Tensor) -> Tensor:
        """The variance."""
        return _variance(*means)


def _variance(mean: Tensor, mean_square: Tensor) -> Tensor:
    return (mean_square - mean.square()).clamp(min=0.0)
