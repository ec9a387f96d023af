"""Contours of masks, and the pixels near them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def contour(mask: Tensor, valid: Tensor) -> Tensor:
    """Foreground pixels with a background pixel above, below, left or right.

    Reads
        mask, valid: N×1×H×W bool. Invalid pixels and pixels outside the image are not background.
    Returns
        N×1×H×W bool.
    """
    background = ~mask & valid
    touches_background = torch.zeros_like(background)
    touches_background[..., 1:, :] |= background[..., :-1, :]
    touches_background[..., :-1, :] |= background[..., 1:, :]
    touches_background[..., :, 1:] |= background[..., :, :-1]
    touches_background[..., :, :-1] |= background[..., :, 1:]
    return mask & valid & touches_background


def near(pixels: Tensor, distance: int) -> Tensor:
    """All pixels whose Euclidean distance to a pixel of `pixels` is at most `distance` pixels: N×1×H×W bool."""
    steps = torch.arange(-distance, distance + 1)
    disc = (steps.square()[:, None] + steps.square() <= distance**2).float()
    return F.conv2d(pixels.float(), disc[None, None], padding=distance) > 0.5
