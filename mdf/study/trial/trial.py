"""Runs one trial in its worker: builds its parts, trains and scores them, and writes its files."""

from __future__ import annotations

import os
import traceback
import warnings
from dataclasses import asdict, replace
from pathlib import Path

import tomli_w

from mdf.core.config import ExperimentConfig, to_table
from mdf.core.dataset import Dataset
from mdf.core.files import write_json, write_text
from mdf.core.progress import OnProgress, Warned
from mdf.data.open import Opened, check_unchanged, open_all, trained_scenes
from mdf.engine import flow
from mdf.engine import runtime as machine
from mdf.engine.evaluation import predictor_of
from mdf.engine.flow import Outcome
from mdf.engine.parts import Parts
from mdf.engine.runtime import Runtime
from mdf.engine.scoring import Column
from mdf.models import assemble, files
from mdf.models.teacher import teacher_of, told
from mdf.registry import Catalog
from mdf.runs import statistics
from mdf.runs.attempts import trial_of
from mdf.runs.checkpoint import CheckpointFile
from mdf.runs.result import CHECKPOINT, CONFIG, ScoreDescription
from mdf.study.trial import gallery
from mdf.study.trial.outcome import TrialOutcome, TrialRequest
from mdf.study.trial.team import team_of

HISTORY, ENVIRONMENT = "history.json", "environment.json"


def run_trial(on_progress: OnProgress, request: TrialRequest) -> TrialOutcome:
    """Run the trial and write its files into its folder. The parent commits the outcome.

    Raises DataError if the data have changed since its id was made of them.
    """
    warnings.simplefilter("default")
    _yield_to_the_parent()
    config, folder = request.config, request.folder
    catalog = Catalog.discover(request.plugins)
    runtime = replace(machine.resolve(config), device=request.devices[0])
    opened = open_all(config, catalog, on_progress)
    check_unchanged(opened, request.fingerprint, config)
    write_text(folder / CONFIG, tomli_w.dumps(to_table(config)))
    write_json(folder / ENVIRONMENT, request.stamp)
    machine.prepare(runtime, config.seed)
    teacher = teacher_of(config, catalog)
    parts = replace(
        assemble.parts(config, catalog, told(opened.dataset, teacher)),
        elsewhere=elsewhere(config, catalog, opened, on_progress),
        teacher=teacher,
    )
    checkpointer = CheckpointFile(folder / CHECKPOINT, trial_of(folder), _log)
    with team_of(request) as team:
        outcome = flow.run(parts, config, runtime, on_progress, checkpointer, team)
    scored = {"": outcome.statistics, **outcome.elsewhere}
    statistics.write(folder / statistics.STATISTICS, scored, trained_scenes(config, opened, on_progress))
    write_json(folder / HISTORY, [asdict(epoch) for epoch in outcome.history])
    if outcome.model is not None:
        files.write(folder, outcome.model, parts.tasks, assemble.network_plugins(config, catalog))
    _draw(folder, config, parts, outcome, runtime, on_progress)
    columns = [replace(column, on=on) for on in ("", *parts.elsewhere) for column in parts.columns]
    return TrialOutcome(
        scores=outcome.scores,
        costs=outcome.costs,
        best_step=outcome.best.step if outcome.best else None,
        columns=[_describe(column, parts) for column in columns if column.key in outcome.scores],
    )


def elsewhere(
    config: ExperimentConfig, catalog: Catalog, opened: Opened, on_progress: OnProgress
) -> dict[str, Dataset]:
    """The other data that are scored, by label, without those that do not know what the method needs."""
    needs = assemble.needs(config, catalog)
    datasets = {}
    for label, dataset in opened.elsewhere.items():
        if missing := [name for name in needs if name not in dataset.knows]:
            on_progress(Warned(f"it is not scored on {label}, which does not know the {' and '.join(missing)}"))
        else:
            datasets[label] = assemble.knowing(config, catalog, dataset)
    return datasets


def _draw(
    folder: Path, config: ExperimentConfig, parts: Parts, outcome: Outcome, runtime: Runtime, on_progress: OnProgress
) -> None:
    """Pictures of a few samples. If a third party's task fails to draw, they are missing; the scores are kept."""
    if outcome.model is not None:
        predict, device = predictor_of(outcome.model, parts.tasks, runtime), runtime.device
    else:
        assert parts.predictor is not None
        predict, device = parts.predictor.predict, "cpu"
    try:
        gallery.write(folder, parts, config.image_size, predict, device)
    except Exception as error:
        traceback.print_exc()
        on_progress(Warned(f"its gallery could not be drawn: {type(error).__name__}: {error}"))


def _describe(column: Column, parts: Parts) -> ScoreDescription:
    """What a score means: its label, task and protocol. Only scores of one meaning share a column."""
    protocol = asdict(column.metric.protocol)
    if protocol["unit"] is None:
        protocol["unit"] = parts.tasks[column.task].unit
    return {
        "key": column.key,
        "task": column.task,
        "on": column.on,
        "label": column.metric.label,
        "protocol": protocol,
        "options": column.metric.config.model_dump(mode="json"),
    }


def _log(line: str) -> None:
    """Write a line to the worker's log, at once."""
    print(line, flush=True)


def _yield_to_the_parent() -> None:
    """Let progress and Ctrl-C be seen at once, however busy the cores are."""
    if hasattr(os, "nice"):
        os.nice(1)
