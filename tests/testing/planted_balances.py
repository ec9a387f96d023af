"""Balances with one defect each."""

# ruff: noqa: ARG002 - the contracts name the arguments
from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from planted_anywhere import MainOnly, Unbuildable
from torch import Tensor, nn

from mdf.core.balance import Balance
from mdf.core.component import ComponentConfig


class GoodBalance(Balance):
    """One learned number a task, and a memory of how many steps each has learned."""

    done: Tensor

    def __init__(self, config: ComponentConfig, tasks: Sequence[str]) -> None:
        super().__init__(config, tasks)
        self.log = nn.ParameterDict({task: nn.Parameter(torch.zeros(())) for task in tasks})
        self.register_buffer("done", torch.zeros(len(tasks)))

    def weights(self, learning: Sequence[str]) -> Mapping[str, Tensor]:
        return {t: torch.exp(self.log[t]) / (1 + 0.01 * self.done[self.tasks.index(t)]) for t in learning}

    def observe(self, losses: Mapping[str, Tensor]) -> None:
        for task in losses:
            self.done[self.tasks.index(task)] += 1


class UnbuildableBalance(Unbuildable, GoodBalance):
    pass


class MainOnlyBalance(MainOnly, GoodBalance):
    pass


class InverseBalance(GoodBalance):
    """Divides by a loss, which may be 0."""

    def observe(self, losses: Mapping[str, Tensor]) -> None:
        super().observe(losses)
        for task, loss in losses.items():
            self.done[self.tasks.index(task)] = 1 / loss - 1 / loss.new_ones(()) + 0 / loss


class CoupledBalance(GoodBalance):
    """One vector for all tasks: who does not learn gets a gradient of 0, and moves by its momentum."""

    def __init__(self, config: ComponentConfig, tasks: Sequence[str]) -> None:
        super().__init__(config, tasks)
        self.all = nn.Parameter(torch.zeros(len(tasks)))

    def weights(self, learning: Sequence[str]) -> Mapping[str, Tensor]:
        own = super().weights(learning)
        return {task: own[task] * torch.exp(self.all[self.tasks.index(task)]) for task in learning}


class InPlaceBalance(GoodBalance):
    def observe(self, losses: Mapping[str, Tensor]) -> None:
        super().observe(losses)
        for loss in losses.values():
            loss.clamp_(max=1.0)


class ForgetfulBalance(GoodBalance):
    """Remembers in a plain attribute, which no checkpoint holds."""

    steps = 0

    def weights(self, learning: Sequence[str]) -> Mapping[str, Tensor]:
        return {task: weight / (1 + 0.01 * self.steps) for task, weight in super().weights(learning).items()}

    def observe(self, losses: Mapping[str, Tensor]) -> None:
        self.steps += 1
