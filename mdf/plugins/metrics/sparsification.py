"""AUSE: whether a prediction is uncertain where it is wrong."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.metric import Metric, Protocol
from mdf.core.pixels import Flags, Values, by_sample


class AUSE(Metric):
    """Area between two sparsification curves of each image, divided by the image's mean error; averaged over images.

    The first curve is the mean absolute error of the remaining pixels after the most uncertain pixels are removed. The
    second curve removes the pixels with the largest errors instead. The area is 0 if both orders agree, and if there
    is no error.

    Source: E. Ilg et al., “Uncertainty estimates and multi-hypotheses networks for optical flow”, ECCV 2018
    (arXiv:1802.07095).
    """

    class Config(ComponentConfig):
        """Options of the sparsification error."""

        steps: int = Field(20, ge=2, le=200, description="Number of removed shares: 0, 1/steps, 2/steps, …")

    config: Config
    label: ClassVar[str] = "AUSE"
    reads = "distribution"

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

    def _area(self, value: Values, spread: Values, target: Values, valid: Flags) -> tuple[float, float]:
        error, spread = np.abs(value[valid].astype(np.float64) - target[valid]), spread[valid]
        if not error.size or not error.sum():
            return 0.0, float(error.size > 0)
        by_spread, by_error = (self._curve(error[np.argsort(-key, kind="stable")]) for key in (spread, error))
        return float((by_spread - by_error).mean() / error.mean()), 1.0

    def _curve(self, error: NDArray[np.float64]) -> NDArray[np.float64]:
        """The mean of the remaining errors after each share of the first ones is removed."""
        means: NDArray[np.float64] = np.cumsum(error[::-1])[::-1] / np.arange(len(error), 0, -1)
        return means[np.arange(self.config.steps) * len(error) // self.config.steps]
