"""Metrics over a whole split: statistics of every sample, their sums, and the scores."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from mdf.core.errors import DivergedError, MdfError
from mdf.core.metric import Metric
from mdf.core.sample import Batch
from mdf.core.task import DECISION, SPREAD, Task

Predict = Callable[[Batch], Mapping[str, Tensor]]
"""A batch without truth → public values by task, N×C×H×W float32, at any size (see `public_outputs`)."""
Place = Callable[[Task, Tensor, Batch], Tensor]
"""A task's public values and their batch → the values at the batch's size, on the CPU."""
SceneSums = Mapping[str, Mapping[str, Tensor]]
"""By column and scene: the summed moments of all its samples."""


@dataclass(frozen=True, slots=True)
class Column:
    """One score column: a task's metric on the test split, or, where `on` names one, on another data set."""

    task: str
    name: str
    metric: Metric
    on: str = ""

    @property
    def key(self) -> str:
        """The column's name in results: `mask/iou`, or `mask/iou@cdnet`."""
        return f"{self.task}/{self.name}{f'@{self.on}' if self.on else ''}"


@dataclass(slots=True)
class SampleStatistics:
    """Every metric's additive statistics of every sample (N×K float64 by column), with where each came from."""

    ids: list[str] = field(default_factory=list)
    scenes: list[str] = field(default_factory=list)
    tags: list[frozenset[str]] = field(default_factory=list)
    parts: dict[str, list[Tensor]] = field(default_factory=dict)

    def add(self, batch: Batch, statistics: Mapping[str, Tensor]) -> None:
        """Append the statistics of one batch."""
        self.ids += batch.ids
        self.scenes += batch.scenes
        self.tags += batch.tags or [frozenset()] * len(batch)
        for key, values in statistics.items():
            self.parts.setdefault(key, []).append(values)

    def table(self, key: str) -> Tensor:
        """The statistics of one column: N×K float64."""
        return torch.cat(self.parts[key])

    def scores(self, columns: Iterable[Column]) -> dict[str, float]:
        """The score of each column over all samples."""
        return {c.key: float(c.metric.score(self.table(c.key).sum(0))) for c in columns if c.key in self.parts}


def sample_statistics(
    predict: Predict,
    batches: Iterable[Batch],
    columns: list[Column],
    tasks: Mapping[str, Task],
    device: str,
    sums: SceneSums | None = None,
) -> SampleStatistics:
    """Every metric's statistics of the samples in `batches`, at their native size.

    `predict` gets the images alone, on `device`, and gives public values by task at any size; they are resized to the
    batch's own. Statistics are taken on the CPU, in float64, which not every device has. Metrics that fit whole
    scenes need the `sums` that `scene_sums` gives of the same batches.

    Raises DivergedError if a valid pixel's prediction is not finite, MdfError if such sums are missing.
    """
    found = SampleStatistics()
    for batch in batches:
        native = native_values(predict, batch, tasks, device)
        measured = [c for c in columns if _given(c, native, batch)]
        found.add(batch, {c.key: _statistics(c, native, batch, sums or {}) for c in measured})
    return found


def scene_sums(
    predict: Predict, batches: Iterable[Batch], columns: list[Column], tasks: Mapping[str, Task], device: str
) -> SceneSums:
    """The summed moments of all samples, for metrics that fit whole scenes. Reads and predicts nothing if there is no
    such metric."""
    fitting = [c for c in columns if c.metric.by_scene]
    sums: dict[str, dict[str, Tensor]] = {c.key: {} for c in fitting}
    for batch in batches if fitting else ():
        native = native_values(predict, batch, tasks, device)
        for column in (c for c in fitting if _given(c, native, batch)):
            of_scene = sums[column.key]
            for scene, row in zip(batch.scenes, column.metric.moments(*_seen(column, native, batch)), strict=True):
                of_scene[scene] = of_scene.get(scene, 0.0) + row
    return sums


def at_frame(task: Task, values: Tensor, batch: Batch) -> Tensor:
    """The values as they are used: see `Task.at_frame`."""
    return task.at_frame(values, batch.bg.cpu(), batch.fg_bg.cpu())


def native_values(
    predict: Predict, batch: Batch, tasks: Mapping[str, Task], device: str, place: Place = at_frame
) -> dict[str, Tensor]:
    """Public values, spreads and decisions at the batch's own size, on the CPU."""
    predictions = predict(batch.without_truth().to(device))
    of_task = {key: tasks.get(key.removesuffix(SPREAD)) for key in predictions}
    native = {k: _native(k, t, predictions[k].float().cpu(), batch, place) for k, t in of_task.items() if t}
    _check_finite(native, batch)
    return native | {k + DECISION: t.decided(native[k]) for k, t in of_task.items() if t and not k.endswith(SPREAD)}


def _native(key: str, task: Task, values: Tensor, batch: Batch, place: Place) -> Tensor:
    """Values, or a spread, at the batch's own size."""
    return task.resize_values(values, batch.size) if key.endswith(SPREAD) else place(task, values, batch)


def _given(column: Column, predictions: Mapping[str, Tensor], batch: Batch) -> bool:
    """Whether the prediction and the truths that the metric reads are there."""
    predicted = column.task + (SPREAD if column.metric.reads == "distribution" else "")
    truths = {column.task, column.metric.within or column.task}
    return predicted in predictions and truths <= set(batch.targets)


def _statistics(column: Column, predictions: Mapping[str, Tensor], batch: Batch, sums: SceneSums) -> Tensor:
    prediction, target, valid = _seen(column, predictions, batch)
    if column.metric.by_scene:
        of_scene = sums.get(column.key, {})
        if missing := [scene for scene in batch.scenes if scene not in of_scene]:
            raise MdfError(
                f"the column `{column.key}` fits whole scenes, and the sums of the scene {missing[0]} are missing",
                "pass what `scene_sums` gives for the same batches to `sample_statistics`",
            )
        prediction = column.metric.fitted(prediction, torch.stack([of_scene[scene] for scene in batch.scenes]))
    return column.metric.statistics(prediction, target, valid)


def _seen(column: Column, predictions: Mapping[str, Tensor], batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Prediction, truth and validity as the column's metric reads them."""
    target, valid = batch.targets[column.task].float(), batch.valid[column.task]
    if other := column.metric.within:
        known = batch.valid[other]
        valid = valid & known & column.metric.region(batch.targets[other].float().where(known, 0.0), known)
    prediction = predictions[column.task + (DECISION if column.metric.reads == "decision" else "")]
    if column.metric.reads == "distribution":
        prediction = torch.cat([prediction, predictions[column.task + SPREAD]], dim=1)
    return prediction, target.where(valid, 0.0), valid


def _check_finite(predictions: Mapping[str, Tensor], batch: Batch) -> None:
    for task, values in predictions.items():
        wrong = ~values.isfinite() & batch.valid[task] if task in batch.valid else torch.zeros(1, dtype=torch.bool)
        if wrong.any():
            sample = batch.ids[int(wrong.flatten(1).any(1).nonzero()[0])]
            raise DivergedError(f"the predicted `{task}` of sample {sample} is not finite", "lower the learning rate")


def headlines(columns: Sequence[Column]) -> list[Column]:
    """Each task's first column."""
    return list({c.task: c for c in reversed(columns)}.values())


def selection(scores: Mapping[str, float], untrained: Mapping[str, float], headlines: Iterable[Column]) -> float:
    """What an epoch is chosen by: the mean over headline columns of the score, scaled so that untrained is 0 and
    perfect is 1.

    A column that measured nothing is left out; without any column the selection is 0.
    """
    measured = [c for c in headlines if not math.isnan(scores.get(c.key, math.nan))]
    scaled = [_scaled(scores[c.key], untrained[c.key], c.metric.protocol.perfect) for c in measured]
    return sum(scaled) / len(scaled) if scaled else 0.0


def _scaled(score: float, untrained: float, perfect: float) -> float:
    distance = perfect - untrained
    if not abs(distance) < float("inf") or distance == 0:
        return 0.0 if score != perfect else 1.0
    return (score - untrained) / distance
