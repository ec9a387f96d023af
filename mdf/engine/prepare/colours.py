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


def standardised(images: Tensor, jitter: Tensor | None, least: float) -> tuple[Tensor, Tensor, Tensor]:
    """Each of N×3×H×W images after `jitter`, normalised by its own mean and deviation (at least `least`) per channel:
    float32, and these statistics (N×3×1×1)."""
    unit = unit_range(images, jitter)
    if _is_plain(images):
        found = np.empty((2, len(unit), 3), np.float32)
        for number, image in enumerate(unit.numpy()):
            found[:, number] = _standardise(image, least)
        mean, std = torch.from_numpy(found)[..., None, None]
        return unit, mean, std
    mean = unit.mean(dim=(2, 3), keepdim=True)
    # torch.std gives the same in many times the time
    norm = torch.linalg.vector_norm(unit.sub_(mean), dim=(2, 3), keepdim=True)
    std = norm.div_(max(1, images[0, 0].numel() - 1) ** 0.5).clamp_min_(least)
    return unit.mul_(std.reciprocal()), mean, std


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


@compiled(any_order=True)
def _standardise(image: NDArray[np.float32], least: float) -> NDArray[np.float64]:
    """Standardise 3×H×W floats in place: the mean and deviation of each channel, 2×3. Rows are added up as float32,
    their sums as float64."""
    found = np.empty((2, 3))
    count = image.shape[1] * image.shape[2]
    for c in range(3):
        total = 0.0
        for y in range(image.shape[1]):
            row = ZERO
            for x in range(image.shape[2]):
                row += image[c, y, x]
            total += np.float64(row)
        mean = np.float32(total / count)
        total = 0.0
        for y in range(image.shape[1]):
            row = ZERO
            for x in range(image.shape[2]):
                image[c, y, x] -= mean
                row += image[c, y, x] * image[c, y, x]
            total += np.float64(row)
        found[0, c], found[1, c] = mean, max(least, np.sqrt(total / max(1, count - 1)))
        factor = np.float32(1 / found[1, c])
        for y in range(image.shape[1]):
            for x in range(image.shape[2]):
                image[c, y, x] *= factor
    return found


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
