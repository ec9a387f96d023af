"""Heads, and their tasks, with one defect each."""

# ruff: noqa: ARG002 - the contracts name the arguments
from __future__ import annotations

from typing import ClassVar

import torch
from planted_anywhere import MainOnly, Unbuildable
from torch import Tensor, nn

from mdf.core.component import ComponentConfig
from mdf.core.errors import DataError
from mdf.core.head import Head
from mdf.core.levels import Levels
from mdf.core.summary import TargetSummary
from mdf.core.task import Task


class GoodTask(Task):
    """Probability of foreground."""

    name = "mask"
    target_dtype = torch.uint8

    def values(self, logits: Tensor) -> Tensor:
        return logits.float().sigmoid()

    def scaled(self, target: Tensor) -> Tensor:
        return target.float()

    def fraction(self, target: Tensor) -> Tensor:
        return target.float()

    def public(self, values: Tensor) -> Tensor:
        return values

    def draw(self, values: Tensor, valid: Tensor, limits: tuple[float, float]) -> Tensor:
        return (values.float() * 255).where(valid, 0.0).to(torch.uint8).expand(3, -1, -1)


class GoodHead(Head):
    """A convolution with batch norm, and one to the logit."""

    Task: ClassVar[type[Task]] = GoodTask

    def __init__(self, config: ComponentConfig, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(channels, 4, 1), nn.BatchNorm2d(4), nn.Conv2d(4, 1, 1))

    def forward(self, features: Tensor) -> Tensor:
        return self.layers(features)


class UnbuildableHead(Unbuildable, GoodHead):
    pass


class MainOnlyHead(MainOnly, GoodHead):
    pass


class ShrinkingHead(GoodHead):
    def __init__(self, config: ComponentConfig, channels: int) -> None:
        super().__init__(config, channels)
        self.layers.append(nn.AvgPool2d(2, ceil_mode=True))


class NamelessHead(GoodHead):
    """Its line names no loss and no metric."""


class DetachedHead(GoodHead):
    def forward(self, features: Tensor) -> Tensor:
        return super().forward(features).detach() + 0 * features.mean()


class WakefulHead(GoodHead):
    """Its batch norm goes on learning when the head is frozen inside a model that learns."""

    def forward(self, features: Tensor) -> Tensor:
        self.layers[1].train(torch.is_grad_enabled())
        return super().forward(features)


class UnmeasuredTask(GoodTask):
    def measure(self, target: Tensor, valid: Tensor) -> dict[str, float]:
        return {"mean": float(target.float()[valid].mean())}


class UnmeasuredHead(GoodHead):
    Task = UnmeasuredTask


class MisfitTask(GoodTask):
    def fraction(self, target: Tensor) -> Tensor:
        return target.float().square()


class MisfitHead(GoodHead):
    Task = MisfitTask


class OverflowTask(GoodTask):
    def values(self, logits: Tensor) -> Tensor:
        return logits.exp() / (1 + logits.exp())


class OverflowHead(GoodHead):
    Task = OverflowTask


class BeyondTask(GoodTask):
    def fraction(self, target: Tensor) -> Tensor:
        return target.float() + 2.0 * (target == 0)


class BeyondHead(GoodHead):
    Task = BeyondTask


class StayingTask(GoodTask):
    """Its values stay at the network's size."""

    def at_frame(self, values: Tensor, bg: Tensor, frame: Tensor) -> Tensor:
        return values


class StayingHead(GoodHead):
    Task = StayingTask


class ForgetfulTask(GoodTask):
    def resize(self, target: Tensor, valid: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        small, known = super().resize(target, valid, size)
        return small.float(), known


class ForgetfulHead(GoodHead):
    Task = ForgetfulTask


class RollingTask(GoodTask):
    def flip(self, target: Tensor) -> Tensor:
        return target.flip(-1).roll(1, -2)


class RollingHead(GoodHead):
    Task = RollingTask


class GreyTask(GoodTask):
    def draw(self, values: Tensor, valid: Tensor, limits: tuple[float, float]) -> Tensor:
        return super().draw(values, valid, limits)[:1]


class GreyHead(GoodHead):
    Task = GreyTask


class ClippedTask(GoodTask):
    def levels(self, spread: bool = False) -> Levels | None:
        return Levels("mask", "probability of foreground", "", 8, 1 / 510, 0.0)


class ClippedHead(GoodHead):
    Task = ClippedTask


class StrictTask(GoodTask):
    def check_values(self, values: Tensor, unit: str) -> None:
        if bool((values == 0).any()):
            raise DataError("there is background", "leave it out")


class StrictHead(GoodHead):
    Task = StrictTask


class MuddledTask(GoodTask):
    def summarise(self, values: Tensor) -> TargetSummary:
        return TargetSummary(low=1.0, median=0.5, high=0.0)


class MuddledHead(GoodHead):
    Task = MuddledTask
