"""Contours of masks, and the neighbourhood of a set of pixels."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def contour(mask: Tensor, valid: Tensor) -> Tensor:
    """Foreground pixels that have a background pixel above, below, left or right of them.

    Reads
        mask, valid: N×1×H×W bool. What is invalid, or outside the image, is no background.
    Returns
        N×1×H×W bool.
    """
    background = ~mask & valid
    beside = torch.zeros_like(background)
    beside[..., 1:, :] |= background[..., :-1, :]
    beside[..., :-1, :] |= background[..., 1:, :]
    beside[..., :, 1:] |= background[..., :, :-1]
    beside[..., :, :-1] |= background[..., :, 1:]
    return mask & valid & beside


def near(pixels: Tensor, distance: int) -> Tensor:
    """All pixels at most `distance` (Euclidean, in pixels) from one of `pixels`: N×1×H×W bool."""
    steps = torch.arange(-distance, distance + 1)
    disc = (steps.square()[:, None] + steps.square() <= distance**2).float()
    return F.conv2d(pixels.float(), disc[None, None], padding=distance) > 0.5
