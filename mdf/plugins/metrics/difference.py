"""The base of all metrics of differences: which pixels count, alignment, limits, averaging."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
import torch
from pydantic import Field, model_validator
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.metric import Metric, Protocol
from mdf.core.pixels import Flags, Values, by_sample
from mdf.plugins.metrics import align

FITS = {"median": align.median, "scale-shift": align.scale_shift}
"""The functions that compute an image's factor and offset, by the alignment's name."""
PROTOCOL_WORDS = {"none": "none", "per-scene": "scale-shift of each scene"}
UNCHANGED = (1.0, 0.0, -math.inf, math.inf)
NEAREST = 1e-3
"""If no `minimum` is set, smaller predictions are raised to this value before a logarithm or a ratio."""


class DifferenceConfig(ComponentConfig):
    """Options of a metric of differences."""

    alignment: Literal["none", "median", "scale-shift", "per-scene"] = Field(
        "none",
        description="Fit to the truth before comparing: none; median: a factor per image; scale-shift: factor and "
        "offset per image; per-scene: factor and offset per scene.",
    )
    minimum: float | None = Field(
        None, description="Pixels with a smaller true value do not count; smaller predictions are raised to it."
    )
    maximum: float | None = Field(
        None, description="Pixels with a larger true value do not count; larger predictions are lowered to it."
    )
    average: Literal["pixels", "images"] = Field(
        "pixels", description="pixels: average over all pixels of all images; images: score each image, then average."
    )

    @model_validator(mode="after")
    def _ordered(self) -> DifferenceConfig:
        if self.minimum is not None and self.maximum is not None and self.minimum >= self.maximum:
            raise ValueError(f"minimum {self.minimum:g} is not below maximum {self.maximum:g}")
        return self


class DifferenceMetric(Metric):
    """A score computed from sums over pixels. Predictions are first aligned and clipped."""

    class Config(DifferenceConfig):
        """Options of the metric."""

    config: DifferenceConfig
    direction: ClassVar[Literal["higher", "lower"]] = "lower"
    unit: ClassVar[str | None] = None
    positive: ClassVar[bool] = False
    """Whether it is defined only for values above 0. Then only pixels with a true value above 0 count."""
    where: ClassVar[str] = ""
    """The part of the image that it measures, in words for the protocol; "" = the whole image."""

    def __init__(self, config: DifferenceConfig) -> None:
        super().__init__(config)
        self.by_scene = config.alignment == "per-scene"
        self._lowest = -math.inf if config.minimum is None else config.minimum
        self._highest = math.inf if config.maximum is None else config.maximum
        if self.positive and self._lowest <= 0:
            self._lowest = NEAREST
        self.protocol = Protocol(
            "pooled over pixels" if config.average == "pixels" else "mean over images",
            self.direction,
            perfect=0.0 if self.direction == "lower" else 1.0,
            unit=self.unit,
            valid=" ".join(filter(None, ("valid pixels", self.where, "with a truth above 0" if self.positive else ""))),
            alignment=PROTOCOL_WORDS.get(config.alignment, f"{config.alignment} of each image"),
            cap=_range(self._lowest, self._highest),
        )

    @abstractmethod
    def sums(self, prediction: Values, target: Values, counted: Flags) -> Sequence[float]:
        """K numbers for one image: K−1 sums over its counted pixels, and the number of these pixels (may be 0)."""

    @abstractmethod
    def rate(self, *means: Tensor) -> Tensor:
        """The score, from each sum divided by the number of pixels."""

    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """Averaging over pixels N×K: the sums and the number of values. Averaging over images N×2: the score, and 1."""
        sums = by_sample(self._measured, prediction, target, valid)
        if self.config.average == "pixels":
            return sums
        measured = sums[:, -1] > 0
        return torch.stack([self._rate(sums).where(measured, 0.0), measured.double()], dim=-1)

    def score(self, totals: Tensor) -> Tensor:
        """The score; NaN if no pixel was measured."""
        return self._rate(totals) if self.config.average == "pixels" else totals[..., 0] / totals[..., 1]

    def moments(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """N×5 float64, over the pixels that count. See `align.moments`."""

        def of_sample(prediction: Values, target: Values, valid: Flags) -> Sequence[float]:
            return align.moments(prediction, target, self._counted(target, valid))

        return by_sample(of_sample, prediction, target, valid)

    def fitted(self, prediction: Tensor, moments: Tensor) -> Tensor:
        """The prediction with its scene's factor and offset applied."""
        return align.of_scene(prediction, moments)

    def _rate(self, sums: Tensor) -> Tensor:
        return self.rate(*(sums[..., :-1] / sums[..., -1:]).unbind(-1))  # 0 / 0 is NaN

    def _measured(self, prediction: Values, target: Values, valid: Flags) -> Sequence[float]:
        counted = self._counted(target, valid)
        find_fit = FITS.get(self.config.alignment)
        scale, shift = find_fit(prediction, target, counted) if find_fit else (1.0, 0.0)
        change = (scale, shift, self._lowest, self._highest)
        if change != UNCHANGED:
            prediction = align.fitted(prediction, *change)
        return self.sums(prediction, target, counted)

    def _counted(self, target: Values, valid: Flags) -> Flags:
        """Valid pixels whose true value is in the range. A `positive` metric without `minimum` counts all above 0."""
        if self.config.minimum is not None:
            valid = valid & (target >= np.float32(self.config.minimum))
        if self.config.maximum is not None:
            valid = valid & (target <= np.float32(self.config.maximum))
        return valid & (target > 0) if self.positive else valid


def _range(lowest: float, highest: float) -> str:
    limits = [
        f"at least {lowest:g}" if lowest > -math.inf else "",
        f"at most {highest:g}" if highest < math.inf else "",
    ]
    return ", ".join(filter(None, limits)) or "none"
