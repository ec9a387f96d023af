"""AUSE: whether the pixels that a prediction is unsure of are those where it is wrong."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.metric import Metric, Protocol
from mdf.core.pixels import Pixels, by_sample


class AUSE(Metric):
    """Area between two curves: the mean absolute error of what is left when the most unsure pixels are taken
    away, and the same when the most wrong ones are; image by image, in units of the image's mean error.

    0 where the order is right (or nothing is wrong). Source: E. Ilg et al., “Uncertainty estimates and
    multi-hypotheses networks for optical flow”, ECCV 2018 (arXiv:1802.07095).
    """

    class Config(ComponentConfig):
        """Options of the sparsification error."""

        steps: int = Field(20, ge=2, le=200, description="Shares of pixels that are taken away, evenly from none on.")

    config: Config
    label: ClassVar[str] = "AUSE"
    reads: ClassVar[Literal["values", "distribution"]] = "distribution"

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.protocol = Protocol(f"mean over images, {config.steps} steps", "lower", perfect=0.0, unit="")

    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """N×2: the image's area, and 1 (both 0 without a valid pixel)."""
        value, spread = prediction.tensor_split(2, dim=1)
        return by_sample(self._area, value, spread, target, valid)

    def score(self, totals: Tensor) -> Tensor:
        """The mean area."""
        total, images = totals.unbind(-1)
        return total / images  # 0 / 0 is NaN: no image was measured

    def _area(self, value: Pixels, spread: Pixels, target: Pixels, valid: Pixels) -> tuple[float, float]:
        error, spread = np.abs(value[valid].astype(np.float64) - target[valid]), spread[valid]
        if not error.size or not error.sum():
            return 0.0, float(error.size > 0)
        by_spread, by_error = (self._curve(error[np.argsort(-key, kind="stable")]) for key in (spread, error))
        return float((by_spread - by_error).mean() / error.mean()), 1.0

    def _curve(self, error: Pixels) -> Pixels:
        """Mean of what is left after each share of the first pixels is taken away."""
        left = np.cumsum(error[::-1])[::-1] / np.arange(len(error), 0, -1)
        return left[np.arange(self.config.steps) * len(error) // self.config.steps]
