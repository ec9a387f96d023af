"""Resizes batches: images smoothly, every target by its own task's rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from mdf.core.sample import Batch
from mdf.core.task import Task


def resize_images(images: Tensor, size: tuple[int, int]) -> Tensor:
    """N×3×H×W uint8 at `size` (height, width): antialiased bilinear, still uint8."""
    if images.shape[-2:] == torch.Size(size):
        return images
    smooth = F.interpolate(images.float(), size=size, mode="bilinear", align_corners=False, antialias=True)
    return smooth.round_().clamp_(0, 255).to(torch.uint8)


def resize_known(batch: Batch, size: tuple[int, int]) -> Batch:
    """The batch with the known facts of its empty scenes at `size` (height, width). Each takes the nearest pixel's
    value, so that known values are not mixed with unknown ones."""
    return replace(batch, known={n: F.interpolate(x, size=size, mode="nearest-exact") for n, x in batch.known.items()})


def resize(batch: Batch, size: tuple[int, int], tasks: Mapping[str, Task]) -> Batch:
    """The batch at `size` (height, width), with the targets of `tasks`; known facts keep their size."""
    if batch.size == size:
        return batch
    pairs = {
        name: task.resize(batch.targets[name], batch.valid[name], size)
        for name, task in tasks.items()
        if name in batch.targets
    }
    return replace(
        batch,
        bg=resize_images(batch.bg, size),
        fg_bg=resize_images(batch.fg_bg, size),
        targets={name: pair[0] for name, pair in pairs.items()},
        valid={name: pair[1] for name, pair in pairs.items()},
    )
