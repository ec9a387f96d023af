"""Training-time changes of a whole batch on the device: flips of all tensors together, colour jitter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from mdf.core.config import Augment
from mdf.core.sample import Batch
from mdf.core.task import Task

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


def augment(batch: Batch, settings: Augment, tasks: Mapping[str, Task], generator: torch.Generator) -> Batch:
    """A changed copy of `batch`: flipped, and with the `jitter` that its images get where they are normalised.

    `generator` lives on the CPU: the draws, and so the results, are the same on every device.
    """
    batch = flip(batch, torch.rand(len(batch), generator=generator) < settings.flip, tasks)
    common = _draw(len(batch), generator)
    own = [_draw(len(batch), generator) for _ in range(2)]
    strength = torch.tensor([settings.brightness, settings.contrast, settings.saturation])
    if not strength.any():
        return batch
    jitter = torch.stack(
        [_jitter(1 + strength * (common * (1 - settings.own) + mine * settings.own)) for mine in own], dim=1
    )
    return replace(batch, jitter=jitter.to(batch.bg.device))


def flip(batch: Batch, chosen: Tensor, tasks: Mapping[str, Task]) -> Batch:
    """The batch with the samples of `chosen` (N bool, on the CPU) mirrored left to right, targets and validity too."""
    if not chosen.any():
        return batch
    # only what is chosen is mirrored; then every sample is taken from where it stands: itself, or its mirror image
    mirrors = chosen.nonzero().flatten().to(batch.bg.device)
    rows = torch.where(chosen, len(batch) - 1 + chosen.cumsum(0), torch.arange(len(batch))).to(batch.bg.device)

    def mirrored(tensor: Tensor, mirror: Callable[[Tensor], Tensor] = lambda x: x.flip(-1)) -> Tensor:
        return torch.cat([tensor, mirror(tensor.index_select(0, mirrors))]).index_select(0, rows)

    return replace(
        batch,
        bg=mirrored(batch.bg),
        fg_bg=mirrored(batch.fg_bg),
        targets={t: mirrored(v, tasks[t].flip) if t in tasks else mirrored(v) for t, v in batch.targets.items()},
        valid={t: mirrored(v) for t, v in batch.valid.items()},
    )


def _draw(count: int, generator: torch.Generator) -> Tensor:
    """Uniform in −1…1 for brightness, contrast and saturation of each sample: N×3."""
    return torch.rand(count, 3, generator=generator) * 2 - 1


def _jitter(factors: Tensor) -> Tensor:
    """N factors of brightness, contrast (about mid grey) and saturation as one change of colours: see `Batch.jitter`.

    saturation: s·x + (1 − s)·luma; brightness: b·x; contrast: c·x + 0.5·(1 − c).
    """
    brightness, contrast, saturation = factors.unbind(1)
    gain = brightness * contrast
    mixed = (gain * (1 - saturation))[:, None] * torch.tensor(LUMA)
    return torch.cat([(gain * saturation)[:, None], mixed, (0.5 * (1 - contrast))[:, None]], dim=1)
