"""Predictors and schedules with one defect each."""

# ruff: noqa: ARG002 - the contracts name the arguments
from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

import torch
from planted_anywhere import MainOnly, Unbuildable
from planted_exporters import GoodExporter
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.errors import MdfError
from mdf.core.hooks import hookimpl
from mdf.core.lifecycle import Trial, TrialEnd
from mdf.core.logger import Logger
from mdf.core.predictor import Predictor
from mdf.core.sample import Batch
from mdf.core.schedule import Phase, Schedule


class GoodPredictor(Predictor):
    """How often training pixels are foreground, everywhere."""

    def __init__(self, config: ComponentConfig) -> None:
        super().__init__(config)
        self.share: float | None = None

    def fit(self, train: Callable[[], Iterator[Batch]]) -> None:
        pixels = [(float(b.targets["mask"][b.valid["mask"]].sum()), int(b.valid["mask"].sum())) for b in train()]
        self.share = self.quotient(sum(p[0] for p in pixels), sum(p[1] for p in pixels))

    def quotient(self, part: float, whole: int) -> float:
        return part / max(whole, 1)

    def predict(self, batch: Batch) -> dict[str, Tensor]:
        if self.share is None:
            raise MdfError("not fitted", "call `fit` first")
        return {"mask": torch.full((len(batch), 1, *batch.size), self.share)}


class UnbuildablePredictor(Unbuildable, GoodPredictor):
    pass


class MainOnlyPredictor(MainOnly, GoodPredictor):
    pass


class BooleanPredictor(GoodPredictor):
    def predict(self, batch: Batch) -> dict[str, Tensor]:
        return {"mask": super().predict(batch)["mask"] > 0.5}


class HastyPredictor(GoodPredictor):
    def predict(self, batch: Batch) -> dict[str, Tensor]:
        self.share = self.share * 1.0  # type: ignore[operator]
        return super().predict(batch)


class AdaptingPredictor(GoodPredictor):
    def predict(self, batch: Batch) -> dict[str, Tensor]:
        found = super().predict(batch)
        assert self.share is not None
        self.share *= 0.9
        return found


class LuckyPredictor(GoodPredictor):
    def quotient(self, part: float, whole: int) -> float:
        return super().quotient(part, whole) * random.random()


class InPlacePredictor(GoodPredictor):
    def fit(self, train: Callable[[], Iterator[Batch]]) -> None:
        for batch in train():
            batch.targets["depth"].nan_to_num_(0.0)
        super().fit(train)


class DividingPredictor(GoodPredictor):
    def quotient(self, part: float, whole: int) -> float:
        return part / whole


class GoodSchedule(Schedule):
    """One phase."""

    def phases(self, steps: int, tasks: Sequence[str], size: tuple[int, int]) -> list[Phase]:
        return [Phase(steps, tuple(tasks), size)]


class UnbuildableSchedule(Unbuildable, GoodSchedule):
    pass


class MainOnlySchedule(MainOnly, GoodSchedule):
    pass


class ShortSchedule(GoodSchedule):
    def phases(self, steps: int, tasks: Sequence[str], size: tuple[int, int]) -> list[Phase]:
        return super().phases(max(1, steps // 10 * 10), tasks, size)


class UnfairSchedule(GoodSchedule):
    def phases(self, steps: int, tasks: Sequence[str], size: tuple[int, int]) -> list[Phase]:
        return super().phases(steps, tasks[:1], size)


class SmallSchedule(GoodSchedule):
    def phases(self, steps: int, tasks: Sequence[str], size: tuple[int, int]) -> list[Phase]:
        return super().phases(steps, tasks, (64, 64))


class MoodySchedule(GoodSchedule):
    asked = 0

    def phases(self, steps: int, tasks: Sequence[str], size: tuple[int, int]) -> list[Phase]:
        self.asked += 1
        first = min(self.asked, steps - 1)
        rest = super().phases(steps - first, tasks, size)
        return [*super().phases(first, tasks, size), *rest] if first else rest


class GoodLogger(Logger):
    """Notes which trials it was told of."""

    def __init__(self, config: ComponentConfig) -> None:
        super().__init__(config)
        self.told: list[str] = []

    @hookimpl
    def mdf_trial_end(self, trial: Trial, end: TrialEnd) -> None:
        self.told.append(f"{trial.label}: {end.status}")


class UnbuildableLogger(Unbuildable, GoodLogger):
    pass


class FailingLogger(GoodLogger):
    """Believes that every trial has scores."""

    @hookimpl
    def mdf_trial_end(self, trial: Trial, end: TrialEnd) -> None:
        self.told.append(f"{trial.label}: {end.scores['mask/iou']}")


class EagerExporter(GoodExporter):
    """Good, and its module imports torch."""
