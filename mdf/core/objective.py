"""The objective: every task's weighted losses, added up."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from mdf.core.loss import Loss
from mdf.core.sample import Batch
from mdf.core.task import Task


@dataclass(frozen=True, slots=True)
class WeightedLoss:
    """One term of a task's loss."""

    loss: Loss
    weight: float


@dataclass(frozen=True, slots=True)
class LossTerms:
    """`total` is minimised; `tasks` holds each task's own loss (float32 scalars, detached)."""

    total: Tensor
    tasks: Mapping[str, Tensor]


class Objective:
    """Logits and targets → `LossTerms`, in float32."""

    def __init__(self, tasks: Mapping[str, Task], terms: Mapping[str, tuple[WeightedLoss, ...]]) -> None:
        self.tasks = tasks
        self.terms = terms

    def __call__(self, logits: Mapping[str, Tensor], batch: Batch, learning: Collection[str]) -> LossTerms:
        """The losses of the tasks in `learning`."""
        losses = {task: self._task_loss(task, logits[task], batch) for task in logits if task in learning}
        return LossTerms(torch.stack(list(losses.values())).sum(), {t: x.detach() for t, x in losses.items()})

    def _task_loss(self, name: str, logits: Tensor, batch: Batch) -> Tensor:
        task, valid = self.tasks[name], batch.valid[name]
        target = batch.targets[name].float().where(valid, 0.0)
        logits = logits.float()
        losses = [
            term.weight
            * (
                term.loss(logits, task.fraction(target), valid)
                if term.loss.reads == "logits"
                else term.loss(task.values(logits), task.scaled(target), valid)
            )
            for term in self.terms[name]
        ]
        return torch.stack(losses).sum()
