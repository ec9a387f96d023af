"""Training-time changes of a whole batch on the device: flips of all tensors together, colour jitter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from mdf.core.config import Augment
from mdf.core.prepare.normalise import unit_range
from mdf.core.sample import Batch
from mdf.core.task import Task

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


def augment(batch: Batch, settings: Augment, tasks: Mapping[str, Task], generator: torch.Generator) -> Batch:
    """A changed copy of `batch`; its images become float 0–1.

    `generator` lives on the CPU: the draws, and so the results, are the same on every device.
    """
    batch = flip(batch, torch.rand(len(batch), generator=generator) < settings.flip, tasks)
    common = _draw(len(batch), generator)
    own = [_draw(len(batch), generator) for _ in range(2)]
    jittered = [
        _jitter(unit_range(images), settings, common * (1 - settings.own) + mine * settings.own)
        for images, mine in zip((batch.bg, batch.fg_bg), own, strict=True)
    ]
    return replace(batch, bg=jittered[0], fg_bg=jittered[1])


def flip(batch: Batch, chosen: Tensor, tasks: Mapping[str, Task]) -> Batch:
    """The batch with the samples of `chosen` (N bool) mirrored left to right, targets and validity too."""
    if not chosen.any():
        return batch
    pick = chosen.view(-1, 1, 1, 1).to(batch.bg.device)

    def mirrored(tensor: Tensor, mirror: Tensor) -> Tensor:
        return torch.where(pick, mirror, tensor)

    return replace(
        batch,
        bg=mirrored(batch.bg, batch.bg.flip(-1)),
        fg_bg=mirrored(batch.fg_bg, batch.fg_bg.flip(-1)),
        targets={t: mirrored(v, tasks[t].flip(v) if t in tasks else v.flip(-1)) for t, v in batch.targets.items()},
        valid={t: mirrored(v, v.flip(-1)) for t, v in batch.valid.items()},
    )


def _draw(count: int, generator: torch.Generator) -> Tensor:
    """Uniform in −1…1 for brightness, contrast and saturation of each sample: N×3."""
    return torch.rand(count, 3, generator=generator) * 2 - 1


def _jitter(images: Tensor, settings: Augment, draws: Tensor) -> Tensor:
    """Brightness, contrast (about mid grey) and saturation as one 3×3 colour matrix and offset a sample."""
    strength = torch.tensor([settings.brightness, settings.contrast, settings.saturation])
    if not strength.any():
        return images
    brightness, contrast, saturation = (1 + draws * strength).unbind(1)
    grey = torch.tensor(LUMA).expand(3, 3)
    saturate = saturation.view(-1, 1, 1) * torch.eye(3) + (1 - saturation).view(-1, 1, 1) * grey
    matrix = (brightness * contrast).view(-1, 1, 1) * saturate
    offset = (0.5 * (1 - contrast)).view(-1, 1, 1).expand(-1, 3, 1)
    device = images.device
    changed = torch.baddbmm(offset.to(device), matrix.to(device), images.flatten(2))
    return changed.clamp_(0, 1).view_as(images)
