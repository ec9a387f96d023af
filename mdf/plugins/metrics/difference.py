"""The ground that every score of differences stands on: which pixels count, alignment, caps, averaging."""

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
from mdf.core.pixels import Pixels, by_sample
from mdf.plugins.metrics import align

ALIGN = {"median": align.median, "scale-shift": align.scale_shift}
"""By the name of an alignment what finds an image's factor and offset."""
TOLD = {"none": "none", "per-scene": "scale-shift of each scene"}
UNCHANGED = (1.0, 0.0, -math.inf, math.inf)
NEAREST = 1e-3
"""What predictions are raised to before a logarithm or a ratio is taken, where no `minimum` is given."""


class DifferenceConfig(ComponentConfig):
    """Options of a metric of differences."""

    alignment: Literal["none", "median", "scale-shift", "per-scene"] = Field(
        "none",
        description="What is fitted to the truth first: nothing, a factor of each image, factor and offset of each "
        "image, or factor and offset of each scene.",
    )
    minimum: float | None = Field(None, description="Least truth that counts; predictions are raised to it.")
    maximum: float | None = Field(None, description="Greatest truth that counts; predictions are lowered to it.")
    average: Literal["pixels", "images"] = Field(
        "pixels", description="Over all pixels of all images at once, or image by image and then over images."
    )

    @model_validator(mode="after")
    def _ordered(self) -> DifferenceConfig:
        if self.minimum is not None and self.maximum is not None and self.minimum >= self.maximum:
            raise ValueError(f"minimum {self.minimum:g} is not below maximum {self.maximum:g}")
        return self


class DifferenceMetric(Metric):
    """A score made of sums over pixels, of aligned and capped predictions and of the truth."""

    class Config(DifferenceConfig):
        """Options of the metric."""

    config: DifferenceConfig
    direction: ClassVar[Literal["higher", "lower"]] = "lower"
    unit: ClassVar[str | None] = None
    positive: ClassVar[bool] = False
    """Whether it is defined for values above 0 alone: then only such a truth counts."""
    where: ClassVar[str] = ""
    """Which part of the image it looks at, told in the protocol; empty = all of it."""

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
            alignment=TOLD.get(config.alignment, f"{config.alignment} of each image"),
            cap=_range(self._lowest, self._highest),
        )

    @abstractmethod
    def sums(self, prediction: Pixels, target: Pixels, counted: Pixels) -> Sequence[float]:
        """K−1 numbers that add over the counted pixels of one image, of which there may be none, and their number."""

    @abstractmethod
    def rate(self, *means: Tensor) -> Tensor:
        """The score of those sums, each divided by the number of pixels."""

    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """N×K: the sums and the number of pixels (times channels); averaging images N×2: the score, and 1."""
        sums = by_sample(self._measured, prediction, target, valid)
        if self.config.average == "pixels":
            return sums
        measured = sums[:, -1] > 0
        return torch.stack([self._rate(sums).where(measured, 0.0), measured.double()], dim=-1)

    def score(self, totals: Tensor) -> Tensor:
        """The score; NaN where no pixel was measured."""
        return self._rate(totals) if self.config.average == "pixels" else totals[..., 0] / totals[..., 1]

    def moments(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """N×5, of the pixels that count: see `align.moments`."""

        def of_sample(prediction: Pixels, target: Pixels, valid: Pixels) -> Sequence[float]:
            return align.moments(prediction, target, self._counted(target, valid))

        return by_sample(of_sample, prediction, target, valid)

    def fitted(self, prediction: Tensor, moments: Tensor) -> Tensor:
        """One factor and one offset for all pixels of a scene."""
        return align.of_scene(prediction, moments)

    def _rate(self, sums: Tensor) -> Tensor:
        return self.rate(*(sums[..., :-1] / sums[..., -1:]).unbind(-1))  # 0 / 0 is NaN

    def _measured(self, prediction: Pixels, target: Pixels, valid: Pixels) -> Sequence[float]:
        counted = self._counted(target, valid)
        found = ALIGN.get(self.config.alignment)
        fit = found(prediction, target, counted) if found else (1.0, 0.0)
        change = (*fit, self._lowest, self._highest)
        if change != UNCHANGED:
            prediction = align.fitted(prediction, *change)
        return self.sums(prediction, target, counted)

    def _counted(self, target: Pixels, valid: Pixels) -> Pixels:
        """Valid pixels whose truth lies in the range; a `positive` metric without `minimum` counts all above 0."""
        if self.config.minimum is not None:
            valid = valid & (target >= np.float32(self.config.minimum))
        if self.config.maximum is not None:
            valid = valid & (target <= np.float32(self.config.maximum))
        return valid & (target > 0) if self.positive else valid


def _range(lowest: float, highest: float) -> str:
    told = [f"at least {lowest:g}" if lowest > -math.inf else "", f"at most {highest:g}" if highest < math.inf else ""]
    return ", ".join(filter(None, told)) or "none"
