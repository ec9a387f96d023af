"""Normalises images: the one place that does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from mdf.engine.prepare.colours import normalised, standardised

Mode = Literal["dataset", "pair", "frame", "encoder"]
EPSILON = 1.0 / 255.0


class Normalise(nn.Module):
    """Images → zero mean and unit deviation, per channel.

    `dataset` and `encoder` use the stored `mean` and `std` (range 0–1, RGB). `pair` uses the statistics of each pair's
    background for both images, which takes out a camera's exposure and white balance. `frame` uses each image's own:
    the form of `pair` for a network that reads no background.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, mode: Mode, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.mode = mode
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std, dtype=torch.float32).view(1, 3, 1, 1))

    def forward(self, bg: Tensor, fg_bg: Tensor, jitter: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """`bg` and `fg_bg`, N×3×H×W uint8 or float 0–1, with `jitter` (N×2×5) and normalised alike: float32."""
        bg_jitter, frame_jitter = (None, None) if jitter is None else jitter.unbind(1)
        background, mean, std = self.background(bg, bg_jitter)
        return background, self.frames(fg_bg, mean, std, frame_jitter)

    def background(self, bg: Tensor, jitter: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Backgrounds normalised, float32, with the mean and deviation (N or 1×3×1×1) for them and their frames."""
        if self.mode in ("pair", "frame"):
            return standardised(bg, jitter, EPSILON)
        return self.frames(bg, self.mean, self.std, jitter), self.mean, self.std

    def frames(self, images: Tensor, mean: Tensor, std: Tensor, jitter: Tensor | None = None) -> Tensor:
        """Images, uint8 or float 0–1, normalised by the given statistics (with `frame`, by their own): float32."""
        if self.mode == "frame":
            return standardised(images, jitter, EPSILON)[0]
        return normalised(images, jitter, mean, std)


def count_levels(frames: Tensor) -> Tensor:
    """How often each level occurs in each channel of frames N×3×H×W uint8: 3×256 int64. Counts of batches can be
    added."""
    return torch.stack([torch.bincount(c.flatten().long(), minlength=256) for c in frames.unbind(1)])


def mean_and_std(counts: Tensor) -> tuple[list[float], list[float]]:
    """Mean and standard deviation (range 0–1) of each channel from `count_levels`."""
    histogram = counts.double()
    values = torch.arange(256, dtype=torch.float64) / 255.0
    share = histogram / histogram.sum(1, keepdim=True)
    mean = share @ values
    variance = share @ values.square() - mean.square()
    return mean.tolist(), variance.clamp_min(EPSILON**2).sqrt().tolist()


def frame_statistics(frames: Tensor) -> tuple[list[float], list[float]]:
    """Mean and standard deviation (range 0–1) of each channel of frames N×3×H×W uint8."""
    return mean_and_std(count_levels(frames))
