"""Changes training batches on the device: mirrors all their tensors together, and draws their colour jitter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from mdf.core.config import Augment
from mdf.core.sample import Batch
from mdf.core.task import Task
from mdf.engine.prepare.guide import disturbed
from mdf.engine.prepare.mirror import exchanged, mirrored


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a batch: the places of its `rows` among all `samples`."""

    rows: range
    samples: int


LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


def augment(
    batch: Batch, settings: Augment, tasks: Mapping[str, Task], generator: torch.Generator, part: Part | None = None
) -> Batch:
    """A changed copy of `batch`: some samples are mirrored, and it has the `jitter` that normalising applies.

    `generator` is on the CPU, so that the draws are the same on every device. If `batch` is a `part` of a larger one,
    each of its samples changes as it would in the whole.
    """
    part = part or Part(range(len(batch)), len(batch))
    rows = slice(part.rows.start, part.rows.stop)
    if batch.known:
        batch = disturbed(batch, settings.without_depth, part.samples, rows, generator)
    batch = flip(batch, torch.rand(part.samples, generator=generator)[rows] < settings.flip, tasks)
    common = _draw(part.samples, generator)[rows]
    own = [_draw(part.samples, generator)[rows] for _ in range(2)]
    strength = torch.tensor([settings.brightness, settings.contrast, settings.saturation])
    if not strength.any():
        return batch
    jitter = torch.stack(
        [_jitter(1 + strength * (common * (1 - settings.own) + mine * settings.own)) for mine in own], dim=1
    )
    return replace(batch, jitter=jitter.to(batch.bg.device, non_blocking=True))


def flip(batch: Batch, chosen: Tensor, tasks: Mapping[str, Task]) -> Batch:
    """The batch with the samples of `chosen` (N bool, on the CPU) mirrored left to right, with their targets, their
    validity, and what is known of their empty scenes."""
    turned: list[bool] = chosen.tolist()
    if not any(turned):
        return batch

    def of_task(name: str, target: Tensor) -> Tensor:
        if name not in tasks or type(tasks[name]).flip is Task.flip:
            return mirrored(target, turned)
        return exchanged(target, tasks[name].flip(target), turned)

    return replace(
        batch,
        bg=mirrored(batch.bg, turned),
        fg_bg=mirrored(batch.fg_bg, turned),
        targets={name: of_task(name, target) for name, target in batch.targets.items()},
        valid={name: mirrored(valid, turned) for name, valid in batch.valid.items()},
        known={name: mirrored(fact, turned) for name, fact in batch.known.items()},
    )


def _draw(count: int, generator: torch.Generator) -> Tensor:
    """Uniform in −1…1 for brightness, contrast and saturation of each sample: N×3."""
    return torch.rand(count, 3, generator=generator) * 2 - 1


def _jitter(factors: Tensor) -> Tensor:
    """Factors of brightness, contrast (about mid grey) and saturation, N×3, as one change of colours: see
    `Batch.jitter`.

    saturation: s·x + (1 − s)·luma; brightness: b·x; contrast: c·x + 0.5·(1 − c).
    """
    brightness, contrast, saturation = factors.unbind(1)
    gain = brightness * contrast
    mixed = (gain * (1 - saturation))[:, None] * torch.tensor(LUMA)
    return torch.cat([(gain * saturation)[:, None], mixed, (0.5 * (1 - contrast))[:, None]], dim=1)
