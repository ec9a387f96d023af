"""Leaves and water that move are no objects: what they show stands a few pixels away in the background.

Around a pixel that a network calls foreground two differences are compared: that from the background at the same place,
and that from the range of the colours around that place. Leaves that move have much of the first and next to nothing
of the second. An object of another colour has much of both, a faint one on a plain wall little of both. Looking for
a pixel's colour around its place is from A. Elgammal, D. Harwood, L. Davis, “Non-parametric Model for Background
Subtraction”, ECCV 2000; a range of colours instead of each neighbour is cheaper.
"""

from __future__ import annotations

from functools import reduce

import torch
from torch import Tensor
from torch.nn import functional as F

from mdf.plugins.heads.edges import fitted_light, levels

SIDE = 120
"""Shorter side of the pictures that are looked at; a network's own size, where that is smaller."""
LEAST_SIDE = 60
"""A network that works at a smaller size is left alone: two of its pixels are as wide as its objects."""
REACH = 2
"""Pixels of these pictures that leaves move by."""
AROUND = 8
"""Pixels around each one over which both differences are averaged."""
NOISE = 4.0
"""Levels that are added to both: where nothing differs, nothing can be told."""
RATIO = 0.3
"""Share of the difference that is left, below which it is one of moving leaves."""
STRONGEST = 6.0
"""What a share of 0 takes from the logit of a pixel."""
SURE = 1e-4
"""Probabilities are kept this far from 0 and 1."""


def without_waving(values: Tensor, bg: Tensor, frame: Tensor) -> Tensor:
    """Probabilities N×1×h×w float32, lower where the background itself moves.

    `bg`, N×3×H×W or 1×3×H×W, and `frame`, N×3×H×W, are uint8, or float 0–1, of any size.
    """
    whole = (values.shape[-2], values.shape[-1])
    shrink = min(1.0, SIDE / min(whole))
    size = (round(shrink * whole[0]), round(shrink * whole[1]))
    if min(size) < LEAST_SIDE:
        return values
    small = F.interpolate(values, size=size, mode="area")
    share = _share_left(small, *(levels(image.to(values.device), size) for image in (bg, frame)))
    taken = STRONGEST * (1 - share / RATIO).clamp_min(0)
    sure = values.clamp(SURE, 1 - SURE)
    lower = (sure.logit() - F.interpolate(taken, size=whole, mode="bilinear")).sigmoid()
    return torch.minimum(values, lower)


def _share_left(values: Tensor, bg: Tensor, frame: Tensor) -> Tensor:
    """How much of the foreground's difference from the background differs from what is around, too: N×1×h×w, 0–1."""
    frame = fitted_light(values, bg, frame)
    difference = (frame - bg).abs().amax(1, keepdim=True)
    outside = torch.maximum(-_highest(-bg) - frame, frame - _highest(bg)).amax(1, keepdim=True).clamp_min(0)
    weighted = _window_mean(torch.cat([values * (difference + NOISE), values * (outside + NOISE)], dim=1))
    everything, left = weighted.chunk(2, dim=1)
    return left / everything.clamp_min(1e-6)


def _highest(images: Tensor) -> Tensor:
    """The highest value up to `REACH` pixels away, one axis after the other: ten times as fast as `max_pool2d`."""
    wide = F.pad(images, (REACH,) * 4, mode="replicate")
    for axis, side in ((-2, images.shape[-2]), (-1, images.shape[-1])):
        wide = reduce(torch.maximum, [wide.narrow(axis, first, side) for first in range(2 * REACH + 1)])
    return wide


def _window_mean(maps: Tensor) -> Tensor:
    """Means over windows, one axis after the other."""
    side = 2 * AROUND + 1
    rows = F.avg_pool2d(maps, (side, 1), 1, (AROUND, 0), count_include_pad=False)
    return F.avg_pool2d(rows, (1, side), 1, (0, AROUND), count_include_pad=False)
