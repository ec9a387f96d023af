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
        bg, fg_bg = unit_range(bg), unit_range(fg_bg)
        if self.mode == "pair":
            std, mean = torch.std_mean(bg, dim=(2, 3), keepdim=True)
            std = std.clamp_min(EPSILON)
        else:
            std, mean = self.std, self.mean
        return (bg - mean) / std, (fg_bg - mean) / std


def measure(frames: Tensor) -> tuple[list[float], list[float]]:
    """Mean and standard deviation (range 0–1) of each channel of frames N×3×H×W uint8."""
    histogram = torch.stack([torch.bincount(c.flatten().long(), minlength=256) for c in frames.unbind(1)]).double()
    levels = torch.arange(256, dtype=torch.float64) / 255.0
    share = histogram / histogram.sum(1, keepdim=True)
    mean = share @ levels
    variance = share @ levels.square() - mean.square()
    return mean.tolist(), variance.clamp_min(EPSILON**2).sqrt().tolist()
