"""Background subtraction in its plainest form: absolute difference and Otsu's threshold."""

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
    """|`fg_bg` − `bg`| a pixel, split into background and foreground by each image's own Otsu threshold.

    Reads no truth and learns nothing. An image that differs evenly everywhere has no threshold: all background.
    """

    class Config(ComponentConfig):
        """Options of the absolute difference."""

        channels: Literal["max", "mean"] = Field(
            "max", description="How the differences of red, green and blue become one."
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
    """Images as uint8 levels 0–255, whether they are stored (uint8) or augmented (float 0–1)."""
    return (images * 255.0).round().to(torch.uint8) if images.is_floating_point() else images


def histogram(grey: Tensor) -> Tensor:
    """Pixels at each level: N×H×W uint8 → N×256 int64."""
    batch = grey.shape[0]
    first = torch.arange(batch, device=grey.device)[:, None] * LEVELS
    bins = grey.flatten(1).long() + first
    return torch.bincount(bins.flatten(), minlength=batch * LEVELS).view(batch, LEVELS)


def otsu(counts: Tensor) -> Tensor:
    """The threshold that parts a histogram best: the variance between the two classes is largest.

    Reads
        counts: N×256 pixels a level, int64; exact up to some 10⁸ pixels an image.
    Returns
        N int64 levels 0–255: levels above it are foreground. The lowest of equally good ones; 255 (nothing is
        above) where the image has one level only.

    Source: N. Otsu, “A threshold selection method from gray-level histograms”, IEEE Transactions on Systems,
    Man, and Cybernetics 9(1), 1979: σ²_B(t) = (μ_T·ω(t) − μ(t))² / (ω(t)·(1 − ω(t))).
    """
    # Whole numbers until the last line: equally good thresholds then compare equal.
    counts = counts.long()
    below = counts.cumsum(1)
    moment = (counts * torch.arange(LEVELS, device=counts.device)).cumsum(1)
    pixels, total = below[:, -1:], moment[:, -1:]
    weights = below * (pixels - below)
    variance = (total * below - moment * pixels).double().square() / weights.clamp(min=1)
    best = variance.where(weights > 0, -1.0).max(1)
    return best.indices.where(best.values > 0, LEVELS - 1)
