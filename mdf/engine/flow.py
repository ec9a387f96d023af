"""The story of one trial, from images to scores.

dataset → Batch → (augment, normalise on the device) → fusion·encoder → maps → decoder·heads → logits
    ├─ objective → LossTerms                      while training
    └─ values → Predictions → metrics → Scores    on validation (to choose) and, once, on test
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from time import perf_counter

import torch
from torch import nn

from mdf.core.config import ExperimentConfig
from mdf.core.errors import ConfigError
from mdf.core.progress import Epoch, OnProgress, Stage, Warned
from mdf.core.sample import Batch
from mdf.engine import runtime as machine
from mdf.engine import scoring
from mdf.engine.evaluation import calibrate, predictor_of, score, split_batches
from mdf.engine.layout import place
from mdf.engine.loader import read, read_ahead, training_order
from mdf.engine.model import Model
from mdf.engine.parts import Parts, build_network
from mdf.engine.runtime import Runtime
from mdf.engine.scoring import Predict, SampleStatistics
from mdf.engine.training.budget import plan_phases
from mdf.engine.training.checkpoint import Checkpointer
from mdf.engine.training.data_statistics import measure_training_data
from mdf.engine.training.micro_batches import averaged_losses
from mdf.engine.training.team import ALONE, Team
from mdf.engine.training.train import Trained, Trainer, TrainerCallbacks


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a trial.

    Attributes:
        scores: test scores by column.
        statistics: what they were summed from, by sample; `elsewhere` holds that of the other data sets, by label.
        costs: `train_seconds`, `parameters`, …
        history, best: the epochs, and the chosen one; empty and None if nothing was trained.
        model: the trained network; None of a predictor.
    """

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
    checkpointer: Checkpointer | None = None,
    team: Team = ALONE,
) -> Outcome:
    """Train (or fit) on the training split, choose and calibrate on validation, score once on test.

    A network that is trained already is scored alone.

    If `checkpointer` has a checkpoint of this training, it goes on from there and ends the same. The other processes of
    `team` call `take_part` meanwhile.
    """
    machine.prepare(runtime, config.seed)
    if parts.predictor is None and parts.objective is None:
        return _score_stored(parts, config, runtime, on_progress)
    on_progress(Stage("measuring the training data"))
    mean, std = measure_training_data(parts.dataset, parts.tasks)
    if parts.predictor is not None:
        return _fit(parts, config, runtime, on_progress)
    model = _network(parts, config, runtime, mean, std)
    trained = _train(parts, config, runtime, model, on_progress, checkpointer, team)
    predict = predictor_of(model, parts.tasks, runtime)
    calibrate(parts, config, runtime, predict)
    costs = {
        "train_seconds": trained.seconds,
        "loader_share": trained.waited / (trained.waited + trained.seconds),
        "parameters": float(sum(p.numel() for p in model.parameters())),
        "steps": float(trained.history[-1].step),
        "micro_batch": float(trained.micro_batch),
    }
    untested = Outcome({}, SampleStatistics(), costs, trained.history, trained.best, model, {})
    return _test(parts, config, runtime, on_progress, predict, untested)


def take_part(parts: Parts, config: ExperimentConfig, runtime: Runtime, on_progress: OnProgress, team: Team) -> None:
    """The training that `run` does, in a process of `team` that is not the first: it scores and keeps nothing."""
    machine.prepare(runtime, config.seed)
    mean, std = measure_training_data(parts.dataset, parts.tasks)
    _train(parts, config, runtime, _network(parts, config, runtime, mean, std), on_progress, None, team)


def _network(
    parts: Parts, config: ExperimentConfig, runtime: Runtime, mean: Sequence[float], std: Sequence[float]
) -> Model:
    """The untrained network on its device."""
    model = place(build_network(parts, mean, std), runtime)
    if config.train.norms == "sync":
        model = nn.SyncBatchNorm.convert_sync_batchnorm(model)  # type: ignore[no-untyped-call]
    if config.train.compile:
        torch.use_deterministic_algorithms(True, warn_only=True)  # what the compiler chooses, too
        model.compile()
    return model


def _fit(parts: Parts, config: ExperimentConfig, runtime: Runtime, on_progress: OnProgress) -> Outcome:
    """A method without a network: fitted on the training split and scored on test."""
    assert parts.predictor is not None
    started = perf_counter()
    parts.predictor.fit(lambda: split_batches(parts, config, "train", config.image_size))
    costs = {"train_seconds": perf_counter() - started, "parameters": 0.0}
    untested = Outcome({}, SampleStatistics(), costs, [], None, None, {})
    return _test(parts, config, runtime, on_progress, parts.predictor.predict, untested)


def _score_stored(parts: Parts, config: ExperimentConfig, runtime: Runtime, on_progress: OnProgress) -> Outcome:
    """A network that is trained already, with its own statistics and constants."""
    assert parts.start is not None
    model = place(build_network(parts, (0.5,) * 3, (0.25,) * 3), runtime)
    costs = {"parameters": float(sum(p.numel() for p in model.parameters()))}
    untested = Outcome({}, SampleStatistics(), costs, [], None, model, {})
    return _test(parts, config, runtime, on_progress, predictor_of(model, parts.tasks, runtime), untested)


def _train(
    parts: Parts,
    config: ExperimentConfig,
    runtime: Runtime,
    model: Model,
    on_progress: OnProgress,
    checkpointer: Checkpointer | None,
    team: Team,
) -> Trained:
    assert parts.objective is not None
    assert parts.schedule is not None
    splits = parts.dataset.splits()
    phases = plan_phases(parts.schedule, config, model.tasks, len(splits.train))
    averaged = averaged_losses(parts.objective, model.tasks)
    if averaged:
        for setting, parts_of_batch in (("accumulate", config.train.accumulate), ("devices", team.count)):
            if min(parts_of_batch, config.train.batch_size) > 1:
                on_progress(Warned(f"`train.{setting} = {parts_of_batch}` computes each batch in parts: {averaged}"))
    order = training_order(parts.dataset, splits.train, config, on_progress)
    predict = predictor_of(model, parts.tasks, runtime)

    def batches(size: tuple[int, int], steps: int, skip: int) -> Iterator[Batch]:
        # exactly `steps` are taken: what the next phase gets must not depend on how far the reader was ahead
        whole = islice(order, skip, skip + steps)
        chosen = ([group[row] for row in team.rows(len(group))] for group in whole)
        return read_ahead((read(parts.dataset, group, size, parts.tasks) for group in chosen), runtime.device)

    def validate() -> dict[str, float]:
        return score(parts, config, runtime, predict, splits.val).scores(parts.columns)

    select = partial(scoring.selection, headlines=scoring.headlines(parts.columns))
    if parts.teacher is not None:
        place(parts.teacher.model, runtime)
    callbacks = TrainerCallbacks(batches, validate, select, team.all_agree, team)
    trainer = Trainer(model, parts.objective, config, runtime, callbacks, on_progress, checkpointer, parts.teacher)
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


def _test(
    parts: Parts,
    config: ExperimentConfig,
    runtime: Runtime,
    on_progress: OnProgress,
    predict: Predict,
    untested: Outcome,
) -> Outcome:
    """`untested` with its scores and statistics, on the test split and elsewhere."""
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
    return replace(untested, scores=scores, statistics=statistics, elsewhere=elsewhere)
