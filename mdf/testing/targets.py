"""Truths of a component's tasks: `mask` and `depth` from the probe, others made by the task that some head brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from mdf.core.sample import Batch
from mdf.core.task import Task
from mdf.registry.component import load_class, validate
from mdf.testing import probes
from mdf.testing.finding import SkippedError
from mdf.testing.subject import Subject

LOGITS = (-3.0, 3.0)
"""Where made-up logits lie: far enough from the ends that float32 brings them back."""

SURE = 1e-4
"""How near to 0 and 1 the logits of a perfect prediction come."""

LOG_SPREAD = -2.0
"""ln of the expected absolute error that comes with the outputs of a loss that reads it."""

Reads = Literal["logits", "values", "distribution"]


@dataclass(frozen=True)
class Lesson:
    """What a loss reads: a target N×C×H×W, its validity, and outputs that are perfect and wrong for it."""

    target: Tensor
    valid: Tensor
    perfect: Tensor
    wrong: Tensor


def tasks_of(subject: Subject) -> Sequence[str]:
    """The tasks its line declares; where it is for any, those of the probe."""
    return subject.tasks or probes.TASKS


def public(
    subject: Subject, task: str, count: int = 4, size: tuple[int, int] = probes.SIZE, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """Public target (float32, finite everywhere) and validity."""
    batch = probes.batch(count, size, seed)
    if task in probes.TASKS:
        return batch.targets[task].float().nan_to_num(0.0), batch.valid[task]
    return made_up(_task(subject, task), batch, seed), batch.valid[probes.TASKS[0]]


def lesson(subject: Subject, reads: Reads, task: str, count: int = 4, size: tuple[int, int] = probes.SIZE) -> Lesson:
    """Target and outputs of `task` in the space that a loss reads."""
    target, valid = public(subject, task, count, size)
    if task in probes.TASKS:
        target = target if task == "mask" else target / probes.FARTHEST
        wrong = 1.0 - target if task == "mask" else (target + 0.5) % 1.0
        perfect, wrong = (x.clamp(min=SURE) for x in (target, wrong))
    else:
        own, other = _task(subject, task), public(subject, task, count, size, seed=1)[0]
        space = own.fraction if reads == "logits" else own.scaled
        target, wrong = space(target), space(other)
        perfect = target
    if reads == "logits":
        perfect, wrong = (x.clamp(SURE, 1.0 - SURE).logit() for x in (perfect, wrong))
    if reads == "distribution":
        perfect, wrong = (torch.cat([x, torch.full_like(x, LOG_SPREAD)], dim=1) for x in (perfect, wrong))
    return Lesson(target, valid, perfect, wrong)


def batch_for(subject: Subject, count: int = 4, seed: int = 0, holes: float = 0.1) -> Batch:
    """The probe's batch with a target of each of the component's tasks, and what its line needs to be known."""
    batch = probes.batch(count, seed=seed, holes=holes)
    valid = batch.valid[probes.TASKS[0]]
    own = [task for task in subject.tasks if task not in probes.TASKS]
    made = {task: made_up(_task(subject, task), batch, seed).where(valid, torch.nan) for task in own}
    known = {name: probes.known(count, seed=seed, holes=holes) for name in subject.offer.spec.needs}
    valids = {**batch.valid, **dict.fromkeys(own, valid)}
    return replace(batch, targets={**batch.targets, **made}, valid=valids, known=known)


def made_up(task: Task, batch: Batch, seed: int) -> Tensor:
    """Public values that the task itself can mean, for the images of `batch`."""
    logits = probes.maps((len(batch), task.channels, *batch.size), seed).clamp(*LOGITS)
    return task.public(task.values(logits))


def _task(subject: Subject, name: str) -> Task:
    """The task that the first head on offer for it brings. Raises SkippedError where there is none."""
    for offer in subject.catalog.offers("head"):
        if name in offer.spec.tasks:
            found: Task = load_class(offer).Task(validate(offer, {}, "head"))
            return found
    raise SkippedError(f"no head on offer brings the task `{name}`: nothing is known of its values")
