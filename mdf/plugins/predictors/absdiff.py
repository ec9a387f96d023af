"""The simplest background subtraction: absolute difference and Otsu's threshold."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.predictor import Predictor
from mdf.core.sample import Batch

LEVELS = 256


class AbsDiff(Predictor):
    """Foreground is where |`fg_bg` − `bg`| is above a threshold, which Otsu's method finds for each image.

    Needs no training. If all pixels of an image differ equally, there is no threshold and all are background.
    """

    class Config(ComponentConfig):
        """Options of the absolute difference."""

        channels: Literal["max", "mean"] = Field(
            "max", description="How to combine the differences of red, green and blue: their maximum or mean."
        )

    config: Config

    def predict(self, batch: Batch) -> dict[str, Tensor]:
        """`mask`: N×1×H×W float32, 0 or 1."""
        difference = (_levels(batch.fg_bg).short() - _levels(batch.bg).short()).abs()
        grey = difference.amax(1) if self.config.channels == "max" else difference.float().mean(1).round()
        grey = grey.to(torch.uint8)
        threshold = otsu(histogram(grey))
        return {"mask": (grey > threshold[:, None, None]).float().unsqueeze(1)}


def _levels(images: Tensor) -> Tensor:
    """Images as uint8 levels 0–255. Stored images are uint8 already; augmented ones are float 0–1."""
    return (images * 255.0).round().to(torch.uint8) if images.is_floating_point() else images


def histogram(grey: Tensor) -> Tensor:
    """The number of pixels at each level: N×H×W uint8 → N×256 int64."""
    batch = grey.shape[0]
    offsets = torch.arange(batch, device=grey.device)[:, None] * LEVELS
    bins = grey.flatten(1).long() + offsets
    return torch.bincount(bins.flatten(), minlength=batch * LEVELS).view(batch, LEVELS)


def otsu(counts: Tensor) -> Tensor:
    """The threshold with the largest variance between the two classes, for each histogram.

    Reads
        counts: N×256 int64, the number of pixels at each level. Exact up to about 10⁸ pixels per image.
    Returns
        N int64 levels 0–255. Higher levels are foreground. If several thresholds are equally good, the lowest one. If
        the image has only one level, 255, so that nothing is foreground.

    Source: N. Otsu, “A threshold selection method from gray-level histograms”, IEEE Transactions on Systems,
    Man, and Cybernetics 9(1), 1979: σ²_B(t) = (μ_T·ω(t) − μ(t))² / (ω(t)·(1 − ω(t))).
    """
    # Integers as long as possible, so that equally good thresholds compare equal.
    counts = counts.long()
    below = counts.cumsum(1)
    moments = (counts * torch.arange(LEVELS, device=counts.device)).cumsum(1)
    pixels, total = below[:, -1:], moments[:, -1:]
    weights = below * (pixels - below)
    variance = (total * below - moments * pixels).double().square() / weights.clamp(min=1)
    best = variance.where(weights > 0, -1.0).max(1)
    return best.indices.where(best.values > 0, LEVELS - 1)
