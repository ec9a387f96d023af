"""Small made-up inputs, the same on every machine: a plain scene with a near rectangle, and some invalid pixels."""

from __future__ import annotations

import torch
from torch import Tensor

from mdf.core.sample import Batch

TASKS = ("mask", "depth")
SIZE = (48, 64)
FARTHEST = 8.0
"""Metres that are one scaled unit in the probes."""


def generator(seed: int) -> torch.Generator:
    """A generator of random numbers on the CPU."""
    return torch.Generator().manual_seed(seed)


def maps(shape: tuple[int, ...], seed: int) -> Tensor:
    """Normally distributed float32, as normalised images and feature maps are."""
    return torch.randn(shape, generator=generator(seed))


def batch(count: int = 4, size: tuple[int, int] = SIZE, seed: int = 0, holes: float = 0.1) -> Batch:
    """`count` frames of one camera, each with a rectangle of its own; `holes` of the pixels are invalid.

    `mask` is uint8 0/1, `depth` float32 metres (NaN where invalid), as data sets give them.
    """
    random = generator(seed)
    height, width = size
    bg = (90 + 40 * torch.rand(1, 3, height, width, generator=random)).round().expand(count, -1, -1, -1)
    mask = torch.stack([_rectangle(size, random) for _ in range(count)])
    frame = torch.where(mask, bg + 100.0, bg) + torch.randint(-2, 3, bg.shape, generator=random)
    far = _far(count, size)
    near = 1.0 + 1.5 * torch.rand(count, 1, 1, 1, generator=random)
    valid = torch.rand(count, 1, height, width, generator=random) >= holes
    return Batch(
        ids=tuple(f"probe/{seed}-{i}" for i in range(count)),
        scenes=("probe",) * count,
        bg=bg.to(torch.uint8).contiguous(),
        fg_bg=frame.clamp(0, 255).to(torch.uint8),
        targets={
            "mask": mask.to(torch.uint8),
            "depth": torch.where(mask, near, far).where(valid, torch.nan).contiguous(),
        },
        valid={"mask": valid, "depth": valid},
        tags=(frozenset(),) * count,
    )


def known(count: int = 4, size: tuple[int, int] = SIZE, seed: int = 0, holes: float = 0.1) -> Tensor:
    """The depth of the empty scenes of such a batch, N×1×H×W float32, NaN in the share `holes` of the pixels."""
    far = _far(count, size)
    return far.where(torch.rand(far.shape, generator=generator(seed)) >= holes, torch.nan)


def _far(count: int, size: tuple[int, int]) -> Tensor:
    height, width = size
    return torch.linspace(FARTHEST, 3.0, height).view(1, 1, height, 1).expand(count, 1, height, width)


def _rectangle(size: tuple[int, int], random: torch.Generator) -> Tensor:
    """A rectangle at a random place, 1×H×W bool; each side is a third of the image's."""
    height, width = size
    tall, wide = max(height // 3, 1), max(width // 3, 1)
    top = int(torch.randint(0, height - tall + 1, (), generator=random))
    left = int(torch.randint(0, width - wide + 1, (), generator=random))
    rectangle = torch.zeros(1, height, width, dtype=torch.bool)
    rectangle[:, top : top + tall, left : left + wide] = True
    return rectangle
