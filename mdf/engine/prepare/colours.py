"""Changes the colours of images and normalises them, from bytes to floats in one pass."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mdf.core.compiled import compiled
from mdf.core.recorded import is_recorded

LARGEST = 255.0
UNCHANGED = (1.0, 0.0, 0.0, 0.0, 0.0)
ZERO, ONE = np.float32(0), np.float32(1)


def unit_range(images: Tensor, jitter: Tensor | None = None) -> Tensor:
    """N×3×H×W images, uint8 or float 0–1, after `jitter` (N×5, see `Batch.jitter`): a new tensor, float32 in 0–1."""
    if _is_plain(images):
        return _in_one_pass(images, jitter, torch.zeros(1, 3, 1, 1), torch.ones(1, 3, 1, 1))
    return _unit_pass_by_pass(images, jitter)


def normalised(images: Tensor, jitter: Tensor | None, mean: Tensor, std: Tensor) -> Tensor:
    """(x − `mean`) / `std`, float32, where x are N×3×H×W images (uint8 or float 0–1) after `jitter`.

    `jitter` is N×5, see `Batch.jitter`; `mean` and `std` are N or 1×3×1×1. Bytes in plain memory are read once, and
    their floats written once. Anywhere else torch makes one pass after the other.
    """
    return (_in_one_pass if _is_plain(images) else _pass_by_pass)(images, jitter, mean, std)


def _is_plain(images: Tensor) -> bool:
    """Whether they are bytes in plain memory, and torch does not record what is computed from them."""
    return type(images) is Tensor and images.device.type == "cpu" and images.dtype == torch.uint8 and not is_recorded()


def _in_one_pass(images: Tensor, jitter: Tensor | None, mean: Tensor, std: Tensor) -> Tensor:
    count = len(images)
    change = torch.tensor([UNCHANGED]) if jitter is None else jitter.detach()
    scale = torch.tensor([1 / LARGEST] * 4 + [1.0])
    rows = [change * scale, mean.flatten(1), std.reciprocal().flatten(1)]
    numbers = torch.cat([row.expand(count, -1) for row in rows], dim=1).float().numpy()
    floats = torch.empty(images.shape, dtype=torch.float32)
    for image, row, out in zip(images.flatten(2).numpy(), numbers, floats.flatten(2).numpy(), strict=True):
        _image(image, out, *row)
    return floats


@compiled(any_order=True)
def _image(
    image: NDArray[np.uint8],
    out: NDArray[np.float32],
    gain: np.float32,
    red: np.float32,
    green: np.float32,
    blue: np.float32,
    offset: np.float32,
    mean_0: np.float32,
    mean_1: np.float32,
    mean_2: np.float32,
    factor_0: np.float32,
    factor_1: np.float32,
    factor_2: np.float32,
) -> None:
    """3×P bytes → 3×P floats. The numbers are arguments: read from arrays, they make the loop 7 times slower."""
    for i in range(image.shape[1]):
        r, g, b = np.float32(image[0, i]), np.float32(image[1, i]), np.float32(image[2, i])
        mixed = red * r + green * g + blue * b + offset
        out[0, i] = (min(max(gain * r + mixed, ZERO), ONE) - mean_0) * factor_0
        out[1, i] = (min(max(gain * g + mixed, ZERO), ONE) - mean_1) * factor_1
        out[2, i] = (min(max(gain * b + mixed, ZERO), ONE) - mean_2) * factor_2


def _pass_by_pass(images: Tensor, jitter: Tensor | None, mean: Tensor, std: Tensor) -> Tensor:
    return _unit_pass_by_pass(images, jitter).sub_(mean).mul_(std.reciprocal())  # a division takes longer


def _unit_pass_by_pass(images: Tensor, jitter: Tensor | None) -> Tensor:
    largest = LARGEST if images.dtype == torch.uint8 else 1.0
    floats = images.to(torch.float32, copy=True)
    if jitter is None:
        return floats.div_(largest)
    gain, mix, offset = jitter[:, :1, None], jitter[:, None, 1:4], jitter[:, 4:, None]
    colours = floats.flatten(2)
    with torch.autocast(images.device.type, enabled=False):
        mixed = torch.bmm(mix / largest, colours).add_(offset)
    return colours.mul_(gain / largest).add_(mixed).clamp_(0, 1).view_as(images)
