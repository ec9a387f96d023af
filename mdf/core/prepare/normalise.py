"""The one place where images are normalised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

Mode = Literal["dataset", "pair", "encoder"]
EPSILON = 1.0 / 255.0


def unit_range(images: Tensor) -> Tensor:
    """uint8 0–255 as float 0–1; float images pass through."""
    return images.float().div_(255.0) if images.dtype == torch.uint8 else images


class Normalise(nn.Module):
    """Images → zero mean and unit deviation, per channel.

    `dataset` and `encoder`: by the stored `mean` and `std` (range 0–1, RGB). `pair`: both images by their own
    background's statistics, which takes out a camera's exposure and white balance.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, mode: Mode, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.mode = mode
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std, dtype=torch.float32).view(1, 3, 1, 1))

    def forward(self, bg: Tensor, fg_bg: Tensor) -> tuple[Tensor, Tensor]:
        """`bg` and `fg_bg`, N×3×H×W uint8 or float 0–1, normalised alike; float32."""
        mean, std = self.statistics(bg)
        return self.apply_statistics(bg, mean, std), self.apply_statistics(fg_bg, mean, std)

    def statistics(self, bg: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and deviation that a background (uint8 or float 0–1) and its frames are normalised by: N or 1×3×1×1."""
        if self.mode != "pair":
            return self.mean, self.std
        images = unit_range(bg)
        mean = images.mean(dim=(2, 3), keepdim=True)
        # torch.std gives the same in six times the time
        spread = torch.sub(images, mean).square_().sum(dim=(2, 3), keepdim=True)
        return mean, spread.div_(max(1, images[0, 0].numel() - 1)).sqrt_().clamp_min_(EPSILON)

    @staticmethod
    def apply_statistics(images: Tensor, mean: Tensor, std: Tensor) -> Tensor:
        """Images, uint8 or float 0–1, normalised; float32."""
        return torch.sub(unit_range(images), mean).div_(std)


def count_levels(frames: Tensor) -> Tensor:
    """How often each level occurs in each channel of frames N×3×H×W uint8: 3×256 int64. Counts of batches add."""
    return torch.stack([torch.bincount(c.flatten().long(), minlength=256) for c in frames.unbind(1)])


def mean_and_std(counts: Tensor) -> tuple[list[float], list[float]]:
    """Mean and standard deviation (range 0–1) of each channel from `count_levels`."""
    histogram = counts.double()
    values = torch.arange(256, dtype=torch.float64) / 255.0
    share = histogram / histogram.sum(1, keepdim=True)
    mean = share @ values
    variance = share @ values.square() - mean.square()
    return mean.tolist(), variance.clamp_min(EPSILON**2).sqrt().tolist()


def measure(frames: Tensor) -> tuple[list[float], list[float]]:
    """Mean and standard deviation (range 0–1) of each channel of frames N×3×H×W uint8."""
    return mean_and_std(count_levels(frames))
