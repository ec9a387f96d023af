"""Edges of an enlarged mask, put where the picture has them.

A network that works at a small size gives soft edges, several pixels of the frame wide. Where a pixel of the frame
belongs is then told by its own difference from the background: is it like that of the foreground around it, or like
that of the background around it? Both are described by mean and variance over a window, as in the local colour models
of X. Bai, J. Wang, D. Simons, G. Sapiro, “Video SnapCut”, ACM Transactions on Graphics 28, 2009.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

AROUND = 5
"""Pixels of the network's size around each one from which both are described."""
NOISE = 6.0
"""Least deviation of a difference, in levels: that of a camera's noise and of its compression."""
STRONGEST = 3.0
"""Most that the picture may add to, or take from, the logit of a pixel."""
SURE = 1e-3
"""Probabilities are kept this far from 0 and 1, so that a network's logit can be outweighed."""
GAINS = (0.25, 4.0)
RIDGE = 50.0
"""Weight, in squared levels, of the assumption that the gain of the light is 1."""
MOST_PIXELS = 640 * 480
"""A larger frame is looked at in this size, so that it does not take longer than its network."""


def looked_at(size: tuple[int, int]) -> tuple[int, int]:
    """The size (height, width) in which a frame of `size` is looked at."""
    shrink = min(1.0, (MOST_PIXELS / (size[0] * size[1])) ** 0.5)
    return round(shrink * size[0]), round(shrink * size[1])


def with_edges(values: Tensor, bg: Tensor, frame: Tensor) -> Tensor:
    """Probabilities N×1×h×w float32 at the size of `frame`, their edges put where the picture has them.

    `bg`, N×3×H×W or 1×3×H×W, and `frame`, N×3×H×W, are uint8, or float 0–1, and larger.
    """
    whole = (frame.shape[-2], frame.shape[-1])
    size = looked_at(whole)
    difference = _difference(values, *(levels(image.to(values.device), size) for image in (bg, frame)))
    sharp = _decided(values, difference)
    return sharp if size == whole else F.interpolate(sharp, size=whole, mode="bilinear")


def levels(image: Tensor, size: tuple[int, int]) -> Tensor:
    """An image as float32 levels 0–255 at `size`."""
    levels = image.float() if image.dtype == torch.uint8 else 255 * image.float()
    return levels if levels.shape[-2:] == torch.Size(size) else F.interpolate(levels, size=size, mode="area")


def _decided(values: Tensor, difference: Tensor) -> Tensor:
    """Probabilities at the size of the `difference` N×1×H×W, changed by what it tells."""
    small, size = values.shape[-2:], difference.shape[-2:]
    wide = F.interpolate(values, size=size, mode="bilinear").clamp(SURE, 1 - SURE)
    moments = torch.cat([torch.ones_like(difference), difference, difference.square()], dim=1)
    everything, front = (_window_mean(F.interpolate(x, size=small, mode="area")) for x in (moments, moments * wide))
    described = torch.cat([*_described(front), *_described(everything - front)], dim=1)
    mean, variance, other_mean, other_variance = F.interpolate(described, size=size, mode="bilinear").chunk(4, dim=1)
    unlike = (difference - mean).square() / variance - (difference - other_mean).square() / other_variance
    told = -0.5 * (unlike + (variance / other_variance).log())
    logits: Tensor = wide.logit() + told.clamp(-STRONGEST, STRONGEST)
    return logits.sigmoid()


def _difference(values: Tensor, bg: Tensor, frame: Tensor) -> Tensor:
    """The largest difference of the colours in levels, N×1×H×W, in the same light."""
    return (fitted_light(values, bg, frame) - bg).abs().amax(1, keepdim=True)


def fitted_light(values: Tensor, bg: Tensor, frame: Tensor) -> Tensor:
    """The frame in the light of the background, N×3×H×W levels: a gain and an offset for each colour.

    Both are fitted at the size of `values`, where those call nothing foreground.
    """
    x, y = (F.interpolate(image, size=values.shape[-2:], mode="area") for image in (frame, bg))
    weight = 1 / (1 + 20 * values)
    weight = weight / weight.sum((2, 3), keepdim=True)

    def mean(image: Tensor) -> Tensor:
        return (weight * image).sum((2, 3), keepdim=True)

    mean_x, mean_y = mean(x), mean(y)
    spread, together = mean((x - mean_x).square()), mean((x - mean_x) * (y - mean_y))
    gain = ((together + RIDGE) / (spread + RIDGE)).clamp(*GAINS)
    return gain * (frame - mean_x) + mean_y


def _described(moments: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of the difference, N×1×h×w each, by summed weights, differences and squares N×3×h×w."""
    weight, first, second = moments.chunk(3, dim=1)
    weight = weight + 1e-4
    mean = first / weight
    return mean, (second / weight - mean.square()).clamp_min(0) + NOISE**2


def _window_mean(maps: Tensor) -> Tensor:
    """Means over windows, one axis after the other."""
    side = 2 * AROUND + 1
    rows = F.avg_pool2d(maps, (side, 1), 1, (AROUND, 0), count_include_pad=False)
    return F.avg_pool2d(rows, (1, side), 1, (0, AROUND), count_include_pad=False)
