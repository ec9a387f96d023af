"""The whole story of one trial, from images to scores.

dataset → Batch → (augment, normalise on the device) → fusion·encoder → maps → decoder·heads → logits
    ├─ objective → LossTerms                      while training
    └─ values → Predictions → metrics → Scores    on validation (to choose) and, once, on test
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from time import perf_counter

import torch
from torch import Tensor

from mdf.core.config import ExperimentConfig
from mdf.core.dataset import Dataset, SplitName
from mdf.core.errors import ConfigError
from mdf.core.predictor import Predictor
from mdf.core.progress import Epoch, OnProgress, Stage, Warned
from mdf.core.sample import Batch
from mdf.core.schedule import Schedule
from mdf.core.task import Task, public_outputs
from mdf.engine import runtime as machine
from mdf.engine import scoring
from mdf.engine.layout import lay_out
from mdf.engine.loader import by_condition, ordered, read, read_ahead, shuffled, stratified
from mdf.engine.model import Model
from mdf.engine.objective import Objective
from mdf.engine.prepare.resize import resize
from mdf.engine.runtime import Runtime
from mdf.engine.scoring import Column, SampleStatistics
from mdf.engine.teacher import Teacher
from mdf.engine.training.checkpoint import Checkpointer
from mdf.engine.training.measure import measure
from mdf.engine.training.train import Trained, Trainer, TrainerCallbacks, phases_fit

SCORED_PIXELS = 64 * 64 * 64
"""Pixels in a batch where nothing is learned, if that is more than a training batch; no score depends on it."""

DEFAULT_STEPS = 600

Build = Callable[[Sequence[float], Sequence[float]], Model]


@dataclass(frozen=True, slots=True)
class Start:
    """A trained network: its weights, which hold the statistics that it normalises by, and its tasks' constants."""

    weights: Mapping[str, Tensor]
    constants: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Parts:
    """The built components of one trial. Either `build_model` (with `objective` and `schedule`) or `predictor`.

    `build_model(mean, std)` composes the network around the measured statistics of the training frames.
    `columns` holds each task's metrics, its headline score first. `elsewhere` holds data sets by label that are
    scored too, every sample of them. `start` is a trained network to go on from, `teacher` one to learn from.
    """

    dataset: Dataset
    tasks: Mapping[str, Task]
    columns: list[Column]
    build_model: Build | None = None
    objective: Objective | None = None
    schedule: Schedule | None = None
    elsewhere: Mapping[str, Dataset] = field(default_factory=dict)
    predictor: Predictor | None = None
    start: Start | None = None
    teacher: Teacher | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a trial found: test scores by column, its statistics, its training, and what it cost."""

    scores: dict[str, float]
    statistics: SampleStatistics
    costs: dict[str, float]
    history: list[Epoch]
    best: Epoch | None
    model: Model | None
    elsewhere: Mapping[str, SampleStatistics]


def run(
    parts: Parts,
    config: ExperimentConfig,
    runtime: Runtime,
    on_progress: OnProgress,
    keeper: Checkpointer | None = None,
) -> Outcome:
    """Train (or fit) on the training split, choose on validation, score once on test.

    A training that `keeper` holds a checkpoint of goes on from there, to the same end.
    """
    machine.prepare(runtime, config.seed)
    on_progress(Stage("measuring the training data"))
    statistics = measure(parts.dataset, parts.tasks)
    if parts.predictor is not None:
        started = perf_counter()
        parts.predictor.fit(lambda: split_batches(parts, config, "train", config.image_size))
        costs = {"train_seconds": perf_counter() - started, "parameters": 0.0}
        return _test(parts, config, runtime, on_progress, parts.predictor.predict, costs, None, None)
    model = place(_build(parts, statistics), runtime)
    if config.train.compile:
        torch.use_deterministic_algorithms(True, warn_only=True)  # what the compiler chooses, too
        model.compile()
    trained = _train(parts, config, runtime, model, on_progress, keeper)
    costs = {
        "train_seconds": trained.seconds,
        "loader_share": trained.waited / (trained.waited + trained.seconds),
        "parameters": float(sum(p.numel() for p in model.parameters())),
        "steps": float(trained.history[-1].step),
        "micro_batch": float(trained.micro_batch),
    }
    return _test(parts, config, runtime, on_progress, predictor_of(model, parts.tasks, runtime), costs, trained, model)


def _build(parts: Parts, statistics: tuple[Sequence[float], Sequence[float]]) -> Model:
    """The network around the measured statistics; one to go on from keeps its own, and its tasks' constants."""
    assert parts.build_model is not None
    model = parts.build_model(*statistics)
    if parts.start is not None:
        for name, task in parts.tasks.items():
            task.configure(parts.start.constants[name])
        model.load_state_dict(parts.start.weights)
    return model


def place(model: Model, runtime: Runtime) -> Model:
    """The model on its device, in its memory layout."""
    return lay_out(model.to(device=runtime.device), runtime)


def predictor_of(model: Model, tasks: Mapping[str, Task], runtime: Runtime) -> scoring.Predict:
    """The model as a function from a batch to what `public_outputs` gives."""

    def predict(batch: Batch) -> dict[str, Tensor]:
        model.eval()
        with torch.inference_mode(), runtime.autocast():
            logits = model(batch)
        return public_outputs(tasks, logits)

    return predict


def training_steps(config: ExperimentConfig, samples: int) -> int:
    """The budget of `config` in optimiser steps for a training split of `samples`."""
    per_epoch = max(1, samples // config.train.batch_size)
    if config.train.epochs is not None:
        return max(1, round(config.train.epochs * per_epoch))
    return config.train.steps or DEFAULT_STEPS


def _train(
    parts: Parts,
    config: ExperimentConfig,
    runtime: Runtime,
    model: Model,
    on_progress: OnProgress,
    keeper: Checkpointer | None,
) -> Trained:
    assert parts.objective is not None
    assert parts.schedule is not None
    splits = parts.dataset.splits()
    steps = training_steps(config, len(splits.train))
    phases = parts.schedule.phases(steps, model.tasks, config.image_size)
    broken = [rule for rule, kept in phases_fit(phases, steps, model.tasks).items() if not kept]
    if broken:
        raise ConfigError(
            f"the schedule `{config.schedule.name}` cannot plan {steps} steps: not so that {broken[0]}",
            "give more steps, or another `--schedule`",
        )
    if min(config.train.accumulate, config.train.batch_size) > 1 and (
        pooled := parts.objective.non_decomposable(model.tasks)
    ):
        told = f"`train.accumulate = {config.train.accumulate}` computes each batch in parts"
        on_progress(Warned(f"{told}: {' and '.join(pooled)}, no mean over pixels, is then the mean of the parts'"))
    order = training_order(parts.dataset, splits.train, config, on_progress)
    predict = predictor_of(model, parts.tasks, runtime)

    def batches(size: tuple[int, int], steps: int, skip: int) -> Iterator[Batch]:
        # exactly `steps` are taken: what the next phase gets must not depend on how far the reader was ahead
        chosen = islice(order, skip, skip + steps)
        return read_ahead(read(parts.dataset, group, size, parts.tasks) for group in chosen)

    def validate() -> dict[str, float]:
        return score(parts, config, runtime, predict, splits.val).scores(parts.columns)

    select = partial(scoring.selection, headlines=headlines(parts.columns))
    lessons = TrainerCallbacks(batches, validate, select)
    if parts.teacher is not None:
        place(parts.teacher.model, runtime)
    trainer = Trainer(model, parts.objective, config, runtime, lessons, on_progress, keeper, parts.teacher)
    try:
        return trainer.fit(phases)
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
        raise ConfigError(
            "a batch norm cannot learn from one value a channel: one sample is computed at a time, and its coarsest "
            "map is one pixel",
            "compute two samples or more at once (`train.batch_size`, `train.accumulate`), or give a larger `--size`",
        ) from error


def training_order(
    dataset: Dataset, train: Sequence[int], config: ExperimentConfig, on_progress: OnProgress
) -> Iterator[list[int]]:
    """Training indices in batches, without end, decided by the seed."""
    generator = torch.Generator().manual_seed(config.seed)
    if not config.train.balance_tags:
        return shuffled(train, config.train.batch_size, generator)
    on_progress(Stage("reading the conditions of the training samples"))
    return stratified(by_condition(dataset, train), config.train.batch_size, generator)


def headlines(columns: Sequence[Column]) -> list[Column]:
    """Each task's first column."""
    return list({c.task: c for c in reversed(columns)}.values())


def _test(
    parts: Parts,
    config: ExperimentConfig,
    runtime: Runtime,
    on_progress: OnProgress,
    predict: scoring.Predict,
    costs: dict[str, float],
    trained: Trained | None,
    model: Model | None,
) -> Outcome:
    on_progress(Stage("scoring the test split"))
    gc.collect()
    statistics = score(parts, config, runtime, predict, parts.dataset.splits().test)
    scores = statistics.scores(parts.columns)
    elsewhere = {}
    for label, dataset in parts.elsewhere.items():
        on_progress(Stage(f"scoring {label}"))
        other = replace(parts, dataset=dataset, columns=[replace(c, on=label) for c in parts.columns])
        elsewhere[label] = score(other, config, runtime, predict, range(len(dataset)))
        scores |= elsewhere[label].scores(other.columns)
    history, best = (trained.history, trained.best) if trained else ([], None)
    return Outcome(scores, statistics, costs, history, best, model, elsewhere)


def score(
    parts: Parts,
    config: ExperimentConfig,
    runtime: Runtime,
    predict: scoring.Predict,
    indices: Sequence[int],
    told: Callable[[int], None] = lambda _: None,
) -> SampleStatistics:
    """Statistics of the samples at `indices`: predicted at the study's size, scored at the native one.

    `told` hears of each batch that is scored how many samples it has.
    """

    def at_size(batch: Batch) -> Mapping[str, Tensor]:
        return predict(resize(batch, config.image_size, {}))

    def and_told(batch: Batch) -> Mapping[str, Tensor]:
        told(len(batch))
        return at_size(batch)

    device = runtime.device if parts.predictor is None else "cpu"
    how = parts.columns, parts.tasks, device
    sums = scoring.scene_sums(at_size, _read(parts, config, indices, None), *how)
    return scoring.measure(and_told, _read(parts, config, indices, None), *how, sums)


def split_batches(
    parts: Parts, config: ExperimentConfig, split: SplitName, size: tuple[int, int] | None
) -> Iterator[Batch]:
    """One split in order, at `size` or (None) as it is stored."""
    return _read(parts, config, parts.dataset.splits().of(split), size)


def _read(
    parts: Parts, config: ExperimentConfig, indices: Sequence[int], size: tuple[int, int] | None
) -> Iterator[Batch]:
    height, width = config.image_size
    groups = ordered(parts.dataset, indices, max(config.train.batch_size, SCORED_PIXELS // (height * width)))
    batches = (parts.dataset.read(group) for group in groups)
    return read_ahead(b if size is None else resize(b, size, parts.tasks) for b in batches)
