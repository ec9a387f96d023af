"""Errors of the logarithm of positive values: RMSElog, log10, and the two scale-invariant errors called SILog."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field
from torch import Tensor

from mdf.core.pixels import Pixels
from mdf.plugins.metrics.difference import DifferenceConfig, DifferenceMetric
from mdf.plugins.metrics.sums import log_differences


class LogMetric(DifferenceMetric):
    """Mean d and mean d², d = ln(prediction) − ln(truth), which the scores of logarithms are made of."""

    unit: ClassVar[str | None] = ""
    positive: ClassVar[bool] = True

    def sums(self, prediction: Pixels, target: Pixels, counted: Pixels) -> Sequence[float]:
        """The sums of d and of d²."""
        total, _, squared, pixels = log_differences(prediction, target, counted)
        return total, squared, pixels


class RMSELog(LogMetric):
    """√(mean d²), natural logarithms.

    Source: D. Eigen, C. Puhrsch, R. Fergus, “Depth map prediction from a single image using a multi-scale deep
    network”, NeurIPS 2014.
    """

    label: ClassVar[str] = "RMSElog"

    def rate(self, *means: Tensor) -> Tensor:
        """The root of the mean square."""
        return means[1].sqrt()


class Log10(DifferenceMetric):
    """Mean of |log10(prediction) − log10(truth)|.

    Source: A. Saxena, M. Sun, A. Ng, “Make3D: learning 3D scene structure from a single still image”, PAMI 31
    (2009).
    """

    label: ClassVar[str] = "log10"
    unit: ClassVar[str | None] = ""
    positive: ClassVar[bool] = True

    def sums(self, prediction: Pixels, target: Pixels, counted: Pixels) -> Sequence[float]:
        """The sum of absolute differences of decimal logarithms."""
        _, absolute, _, pixels = log_differences(prediction, target, counted)
        return absolute / math.log(10), pixels

    def rate(self, *means: Tensor) -> Tensor:
        """The mean."""
        return means[0]


class ByImageConfig(DifferenceConfig):
    """Options of a scale-invariant error, which frees each image of a factor of its own."""

    average: Literal["pixels", "images"] = Field(
        "images", description="Over images, each freed of its own factor, or over all pixels, freed of one for all."
    )


class SILog(LogMetric):
    """100·√(mean d² − (mean d)²): the spread of d, blind to a factor.

    Source: the depth benchmark of KITTI (J. Uhrig et al., “Sparsity invariant CNNs”, 3DV 2017), whose devkit takes
    the root of each image and whose table multiplies it by 100.
    """

    class Config(ByImageConfig):
        """Options of SILog."""

    label: ClassVar[str] = "SILog"

    def rate(self, *means: Tensor) -> Tensor:
        """A hundred times the standard deviation."""
        return 100.0 * _variance(*means).sqrt()


class SIVariance(LogMetric):
    """mean d² − (mean d)²: the same without root and factor.

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
