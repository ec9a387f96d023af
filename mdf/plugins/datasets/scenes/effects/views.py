"""What a camera looks at before its sensor: one empty scene and some frames of it, in linear light."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass
class Views:
    """One scene, changed in place by effects.

    Attributes:
        empty: linear light 3×H×W float32 of the empty scene, as the background shows it.
        frames: linear light N×3×H×W float32.
        masks: N×1×H×W bool, the foreground of each frame.
        depths: N×1×H×W float32.
        tags: the conditions of each frame.
    """

    empty: Tensor
    frames: Tensor
    masks: Tensor
    depths: Tensor
    tags: list[set[str]] = field(default_factory=list)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.empty.shape[-2], self.empty.shape[-1]

    @property
    def pixel(self) -> float:
        """What one pixel of a picture of 128 lines is at this size: lengths are given in such pixels."""
        return min(self.size) / 128

    def tag(self, name: str) -> None:
        """All frames are of this condition."""
        for tags in self.tags:
            tags.add(name)


def smooth_noise(generator: torch.Generator, size: tuple[int, int], cell: float, channels: int = 1) -> Tensor:
    """Smooth noise about uniform in −1…1 that varies over `cell` pixels: channels×H×W float32."""
    rows, columns = (max(2, round(side / cell) + 2) for side in size)
    coarse = torch.rand(1, channels, rows, columns, generator=generator) * 2 - 1
    return F.interpolate(coarse, size=size, mode="bicubic", align_corners=True)[0].clamp(-1, 1)


def moved(images: Tensor, dx: Tensor, dy: Tensor, nearest: bool = False) -> Tensor:
    """N×C×H×W images, each pixel taken from (x + dx, y + dy) in pixels (H×W or N×H×W); edges are repeated."""
    height, width = images.shape[-2:]
    y, x = torch.meshgrid(
        torch.arange(height, dtype=torch.float32), torch.arange(width, dtype=torch.float32), indexing="ij"
    )
    grid = torch.stack([(x + dx) * 2 / max(1, width - 1) - 1, (y + dy) * 2 / max(1, height - 1) - 1], dim=-1)
    grid = grid.expand(len(images), height, width, 2)
    mode = "nearest" if nearest else "bilinear"
    return F.grid_sample(images.float(), grid, mode=mode, padding_mode="border", align_corners=True)


def blurred(images: Tensor, sigma: float) -> Tensor:
    """N×C×H×W images under a Gaussian of `sigma` pixels."""
    if sigma < 0.2:
        return images
    radius = max(1, round(2.5 * sigma))
    steps = torch.arange(-radius, radius + 1, dtype=torch.float32)
    kernel = torch.exp(-steps.square() / (2 * sigma * sigma))
    kernel = (kernel / kernel.sum()).view(1, 1, -1, 1)
    flat = images.flatten(0, 1)[:, None]
    flat = F.conv2d(F.pad(flat, (0, 0, radius, radius), mode="replicate"), kernel)
    flat = F.conv2d(F.pad(flat, (radius, radius, 0, 0), mode="replicate"), kernel.transpose(2, 3))
    return flat.view_as(images)
