"""Made-up truths of a component's tasks: those of the probe, or values that the task itself can mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from mdf.core.sample import Batch
from mdf.core.task import Task
from mdf.registry import Catalog
from mdf.testing.finding import SkippedError
from mdf.testing.inputs import probes

if TYPE_CHECKING:
    from mdf.testing.subject import AnySubject

LOGITS = (-3.0, 3.0)
"""Where made-up logits lie: far enough from the ends that float32 brings them back."""

SURE = 1e-4
"""How near to 0 and 1 the fractions of a perfect prediction come."""

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


def tasks_of(subject: AnySubject) -> Sequence[str]:
    """The tasks that its line declares; those of the probe where it is for any task."""
    return subject.tasks or probes.TASKS


def task_named(name: str, catalog: Catalog) -> Task | None:
    """The task `name` of the head that knows it, its options at their defaults; None where no head on offer does."""
    head = catalog.head_for(name)
    if head is None:
        return None
    return catalog.load("head", head.full_name).Task(catalog.config("head", head.full_name, {}))


def task_of(subject: AnySubject, name: str) -> Task:
    """The task `name`, configured by the probe's targets. Raises SkippedError where no head on offer knows it."""
    task = task_named(name, subject.catalog)
    if task is None:
        raise SkippedError(f"no head on offer knows the task `{name}`: nothing is known of its values")
    return configured(task)


def configured(task: Task) -> Task:
    """The task with the constants of its made-up targets."""
    target, valid = target_of(task, probes.batch())
    task.configure(
        task.measure(target.flatten(), valid.flatten()) if task.channels == 1 else task.measure(target, valid)
    )
    return task


def target_of(task: Task, batch: Batch, seed: int = 0) -> tuple[Tensor, Tensor]:
    """A target of `task` and its validity, as data sets give them (NaN where invalid), for the images of `batch`."""
    if task.name in batch.targets:
        return batch.targets[task.name], batch.valid[task.name]
    valid = batch.valid[probes.TASKS[0]]
    return made_up(task, batch, seed).where(valid, torch.nan), valid


def made_up(task: Task, batch: Batch, seed: int) -> Tensor:
    """Public values that the task can mean, for the images of `batch`."""
    logits = probes.maps((len(batch), task.channels, *batch.size), seed).clamp(*LOGITS)
    return task.public(task.values(logits))


def public(
    subject: AnySubject, name: str, count: int = 4, size: tuple[int, int] = probes.SIZE, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """Public target of the task `name` (float32, finite everywhere) and its validity."""
    target, valid = target_of(task_of(subject, name), probes.batch(count, size, seed), seed)
    return target.float().nan_to_num(0.0), valid


def lesson(subject: AnySubject, reads: Reads, name: str, count: int = 4, size: tuple[int, int] = probes.SIZE) -> Lesson:
    """Target and outputs of the task `name` in the space that a loss reads."""
    task = task_of(subject, name)
    space = task.fraction if reads == "logits" else task.scaled
    truth, valid = public(subject, name, count, size)
    target, wrong = space(truth), space(other_than(task, truth))
    perfect = target
    if reads == "logits":
        perfect, wrong = (x.clamp(SURE, 1.0 - SURE).logit() for x in (perfect, wrong))
    if reads == "distribution":
        perfect, wrong = (torch.cat([x, torch.full_like(x, LOG_SPREAD)], dim=1) for x in (perfect, wrong))
    return Lesson(target, valid, perfect, wrong)


def other_than(task: Task, truth: Tensor) -> Tensor:
    """Public values that differ from `truth` (N×C×H×W) at every pixel, and that the task can mean.

    Half the task's range away: a fraction f becomes f + ½, or f − ½ where that is above 1.
    """
    fraction = task.fraction(truth).clamp(SURE, 1.0 - SURE)
    return task.public(task.values(((fraction + 0.5) % 1.0).clamp(SURE, 1.0 - SURE).logit()))


def batch_for(subject: AnySubject, count: int = 4, seed: int = 0, holes: float = 0.1) -> Batch:
    """The probe's batch with a target of each of the component's tasks, and what its line needs to be known."""
    batch = probes.batch(count, seed=seed, holes=holes)
    own = {name: target_of(task_of(subject, name), batch, seed) for name in subject.tasks}
    return replace(
        batch,
        targets={**batch.targets, **{name: target for name, (target, _) in own.items()}},
        valid={**batch.valid, **{name: valid for name, (_, valid) in own.items()}},
        known={name: probes.known(count, seed=seed, holes=holes) for name in subject.offer.spec.needs},
    )
