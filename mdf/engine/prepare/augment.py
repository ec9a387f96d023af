"""Changes training batches on the device: mirrors all their tensors together, and draws their colour jitter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
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


Floats = NDArray[np.float32]
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


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
    common, *own = (_draw(part.samples, generator)[rows] for _ in range(3))
    strength = np.array([settings.brightness, settings.contrast, settings.saturation], np.float32)
    if not strength.any():
        return batch
    moved = common[:, None] * (1 - settings.own) + np.stack(own, 1) * settings.own
    jitter = torch.from_numpy(_jitter(1 + strength * moved))
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


def _draw(count: int, generator: torch.Generator) -> Floats:
    """Uniform in −1…1 for brightness, contrast and saturation of each sample: N×3."""
    drawn: Floats = torch.rand(count, 3, generator=generator).numpy() * 2 - 1
    return drawn


def _jitter(factors: Floats) -> Floats:
    """Factors of brightness, contrast (about mid grey) and saturation, …×3, as one change of colours, …×5: see
    `Batch.jitter`.

    saturation: s·x + (1 − s)·luma; brightness: b·x; contrast: c·x + 0.5·(1 − c). NumPy's operations, because torch's
    take ten times as long on so few numbers.
    """
    brightness, contrast, saturation = np.moveaxis(factors, -1, 0)
    gain = brightness * contrast
    change = np.empty((*gain.shape, 5), np.float32)
    change[..., 0] = gain * saturation
    change[..., 1:4] = (gain * (1 - saturation))[..., None] * LUMA
    change[..., 4] = 0.5 * (1 - contrast)
    return change
