"""The objective: every task's weighted losses, added up."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from mdf.core.balance import Balance
from mdf.core.errors import ConfigError
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


@dataclass(frozen=True, slots=True)
class Share:
    """A part's share of a larger batch: of its `samples`, and of each task's valid `pixels`."""

    samples: float
    pixels: Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class Advice:
    """A teacher's predictions on a batch: public values by task (N×C×H×W float32, valid everywhere), with a weight."""

    values: Mapping[str, Tensor]
    weight: float


class Objective:
    """Logits and targets → `LossTerms`, in float32; `balance` weighs the tasks against each other.

    Raises ConfigError if a loss reads a spread that its task does not predict.
    """

    def __init__(
        self,
        tasks: Mapping[str, Task],
        terms: Mapping[str, tuple[WeightedLoss, ...]],
        balance: Balance | None = None,
    ) -> None:
        for name, of_task in terms.items():
            if not tasks[name].spread_channels and any(term.loss.reads == "distribution" for term in of_task):
                raise ConfigError(
                    f"a loss of `{name}` reads the predicted error, which its head does not predict",
                    "choose another loss, or a head that predicts it, such as `depth-laplace`",
                )
        self.tasks = tasks
        self.terms = terms
        self.balance = balance or Balance(Balance.Config(), tuple(tasks))

    def __call__(
        self,
        logits: Mapping[str, Tensor],
        batch: Batch,
        learning: Collection[str],
        share: Share | None = None,
        advice: Advice | None = None,
    ) -> LossTerms:
        """The losses of the tasks in `learning`. If `batch` is a part of a larger one, they count by its `share`.

        With `advice`, `advice.weight` × the same loss against the teacher's values at every pixel is added to the loss
        against the truth.
        """
        losses = {
            task: self._task_loss(task, logits[task], batch.targets[task], batch.valid[task])
            for task in logits
            if task in learning
        }
        if share is not None:
            losses = {task: loss * share.pixels[task] for task, loss in losses.items()}
        if advice is not None:
            weight = advice.weight * (share.samples if share else 1.0)
            losses = {task: loss + weight * self._advised(task, logits[task], advice) for task, loss in losses.items()}
        weights, penalty = self.balance.weights(tuple(losses)), self.balance.penalty(tuple(losses))
        total = torch.stack([weights[task] * loss for task, loss in losses.items()]).sum()
        total = total + penalty * (share.samples if share else 1.0)
        return LossTerms(total, {task: loss.detach() for task, loss in losses.items()})

    def non_decomposable(self, learning: Collection[str]) -> list[str]:
        """The names of the losses of these tasks that do not add up over parts of a batch (see
        `Loss.is_pixel_mean`)."""
        losses = (term.loss for task in self.terms if task in learning for term in self.terms[task])
        return sorted({type(loss).__name__ for loss in losses if not loss.is_pixel_mean})

    def _advised(self, name: str, logits: Tensor, advice: Advice) -> Tensor:
        values = advice.values[name]
        return self._task_loss(name, logits, values, torch.ones_like(values[:, :1], dtype=torch.bool))

    def _task_loss(self, name: str, logits: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        task = self.tasks[name]
        _check_shapes(task, name, logits, target, valid)
        target = target.float().where(valid, 0.0)
        logits = logits.float()
        losses = []
        for term in self.terms[name]:
            if term.loss.reads == "logits":
                loss = term.loss(logits[:, : task.channels], task.fraction(target), valid)
            elif term.loss.reads == "values":
                loss = term.loss(task.values(logits), task.scaled(target), valid)
            else:
                distribution = torch.cat([task.values(logits), task.log_spread(logits)], dim=1)
                loss = term.loss(distribution, task.scaled(target), valid)
            losses.append(term.weight * loss)
        return torch.stack(losses).sum()


def _check_shapes(task: Task, name: str, logits: Tensor, target: Tensor, valid: Tensor) -> None:
    """Raises ConfigError if torch would broadcast: the loss would then compare other pixels."""
    count, (height, width) = len(target), target.shape[-2:]
    expected = [(count, of, height, width) for of in (task.channels + task.spread_channels, task.channels, 1)]
    found = [tuple(tensor.shape) for tensor in (logits, target, valid)]
    if found != expected:
        ours, theirs = (", ".join("×".join(map(str, shape)) for shape in shapes) for shapes in (found, expected))
        raise ConfigError(
            f"logits, target and validity of `{name}` are {ours}, but its task declares {theirs}",
            "`mdf plugins check head` and `mdf plugins check dataset` say which of them is wrong",
        )
