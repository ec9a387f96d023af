"""Predicts samples at the study's size and scores them at their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from mdf.core.config import ExperimentConfig
from mdf.core.dataset import SplitName
from mdf.core.sample import BACKGROUND_DEPTH, Batch
from mdf.core.task import Task, public_outputs
from mdf.engine import scoring
from mdf.engine.loader import ordered, read_ahead
from mdf.engine.model import Model, times_enlarged
from mdf.engine.parts import Parts
from mdf.engine.prepare.guide import Guidance, guidance
from mdf.engine.prepare.resize import resize
from mdf.engine.prepare.steady import steadied
from mdf.engine.runtime import Runtime
from mdf.engine.scoring import Place, Predict, SampleStatistics

SCORED_PIXELS = 64 * 64 * 64
"""Pixels in a batch that is only predicted, if that is more than a training batch. No score depends on it."""


def predictor_of(model: Model, tasks: Mapping[str, Task], runtime: Runtime) -> Predict:
    """The model as a function from a batch on its device to public values by task (see `public_outputs`)."""

    def predict(batch: Batch) -> dict[str, Tensor]:
        model.eval()
        with torch.inference_mode(), runtime.autocast():
            guide = _guidance_of(batch, model, tasks)
            logits = model(batch if guide is None else replace(batch, known={BACKGROUND_DEPTH: guide.small}))
        values = public_outputs(tasks, logits)
        return values if guide is None else values | {t: guide.sharpened(values[t]) for t in model.guided_tasks}

    return predict


def _guidance_of(batch: Batch, model: Model, tasks: Mapping[str, Task]) -> Guidance | None:
    """What is known of the depth of the batch's empty scenes, for `model`; None if it reads none."""
    depth = batch.known.get(BACKGROUND_DEPTH) if model.guided else None
    return None if depth is None else guidance(depth, batch.size, guided_range(tasks, model.guided_tasks))


def guided_range(tasks: Mapping[str, Task], guided: Sequence[str]) -> tuple[float, float]:
    """The nearest and the farthest that the `guided` of `tasks` can predict, in their unit; without any, any scale will
    do."""
    return tasks[guided[0]].value_range() if guided else (0.1, 10.0)


def score(
    parts: Parts,
    config: ExperimentConfig,
    runtime: Runtime,
    predict: Predict,
    indices: Sequence[int],
    on_batch: Callable[[int], None] = lambda _: None,
) -> SampleStatistics:
    """Statistics of the samples at `indices`. They are predicted at the study's size and scored at their own.

    Before a network sees them, the empty scene is moved along with a camera that shakes, as in use.

    `on_batch` gets the number of samples of each batch, as it is scored.
    """

    def at_size(batch: Batch) -> Mapping[str, Tensor]:
        return predict(resize(batch, config.image_size, {}))

    def with_progress(batch: Batch) -> Mapping[str, Tensor]:
        on_batch(len(batch))
        return at_size(batch)

    device = runtime.device if parts.predictor is None else "cpu"
    how = parts.columns, parts.tasks, device

    def batches() -> Iterator[Batch]:
        return _batches(parts, config, indices, None, device, steady=parts.predictor is None)

    sums = scoring.scene_sums(at_size, batches(), *how)
    return scoring.sample_statistics(with_progress, batches(), *how, sums)


def calibrate(parts: Parts, config: ExperimentConfig, runtime: Runtime, predict: Predict) -> None:
    """Fit the calibration of each task that has one to the predictions on the validation split, at its own size.

    It is fitted to values that are only resized. A task that puts others at the frame fits to those too, as the first
    calibration gives them: `Task.fitted_calibration` tells why.

    Where the depth of empty scenes is known, each sample counts twice, with it and without: one calibration is for
    both.
    """
    tasks = {name: task for name, task in parts.tasks.items() if task.calibrates}
    for task in tasks.values():
        task.calibrate({})
    others: set[Task] = set()

    def resized(task: Task, values: Tensor, batch: Batch) -> Tensor:
        plain = task.resize_values(values, batch.size)
        if task not in others and not torch.equal(plain, scoring.at_frame(task, values, batch)):
            others.add(task)
        return plain

    _calibrate(tasks, parts, config, runtime, predict, resized)
    placed = {name: task for name, task in tasks.items() if task in others and task.calibration}
    _calibrate(placed, parts, config, runtime, predict, scoring.at_frame)


def _calibrate(
    tasks: Mapping[str, Task],
    parts: Parts,
    config: ExperimentConfig,
    runtime: Runtime,
    predict: Predict,
    place: Place,
) -> None:
    """Fit the calibration of `tasks` to values at their batches' size, as `place` brings them there."""
    if not tasks:
        return
    counts: dict[str, Tensor] = {}
    for batch in _batches(parts, config, parts.dataset.splits().val, None, runtime.device, steady=True):
        for told in [batch, *([replace(batch, known={})] if batch.known else [])]:
            values = scoring.native_values(
                lambda images: predict(resize(images, config.image_size, {})), told, tasks, runtime.device, place
            )
            for name in (name for name in tasks if name in batch.targets):
                target, valid = batch.targets[name].float().cpu(), batch.valid[name].cpu()
                counted = tasks[name].calibration_counts(values[name], target, valid).sum(0)
                counts[name] = counts.get(name, torch.zeros_like(counted)) + counted
    for name, counted in counts.items():
        tasks[name].calibrate(tasks[name].fitted_calibration(counted))


def split_batches(
    parts: Parts, config: ExperimentConfig, split: SplitName, size: tuple[int, int] | None
) -> Iterator[Batch]:
    """The batches of one split in order, on the CPU, at `size` (height, width) or, with None, at their own size."""
    return _batches(parts, config, parts.dataset.splits().of(split), size)


def _batches(
    parts: Parts,
    config: ExperimentConfig,
    indices: Sequence[int],
    size: tuple[int, int] | None,
    device: str = "cpu",
    steady: bool = False,
) -> Iterator[Batch]:
    """The samples at `indices`; all that is done to them is done while they are read ahead."""
    height, width = config.image_size
    count = max(config.train.batch_size, SCORED_PIXELS // (height * width))
    count //= times_enlarged(config.image_size, config.enlarge_to) ** 2  # no more memory than training takes
    groups = ordered(parts.dataset, indices, max(1, count))
    batches = (steadied(b) if steady else b for b in (parts.dataset.read(group) for group in groups))
    return read_ahead((b if size is None else resize(b, size, parts.tasks) for b in batches), device)
