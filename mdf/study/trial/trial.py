"""One trial, in its worker: build, run, write every file whole."""

from __future__ import annotations

import os
import traceback
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

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
from mdf.models.teacher import teacher_of
from mdf.registry import Catalog
from mdf.runs import statistics
from mdf.runs.attempts import trial_of
from mdf.runs.checkpoint import CheckpointFile
from mdf.runs.result import CHECKPOINT, CONFIG
from mdf.study.trial import gallery

HISTORY, ENVIRONMENT = "history.json", "environment.json"


def run_trial(
    on_progress: OnProgress,
    config: ExperimentConfig,
    plugins: Sequence[str],
    folder: Path,
    stamp: Mapping[str, Any],
    device: str,
    fingerprint: str,
) -> dict[str, Any]:
    """Run `config` on `device` and write its files into `folder`; returns scores and costs, which the parent
    commits. A training whose checkpoint lies there goes on from it.

    Raises DataError where the data are no longer those of `fingerprint`: the trial's id would tell of others.
    """
    warnings.simplefilter("default")
    _yield_to_the_parent()
    catalog = Catalog.discover(plugins)
    runtime = replace(machine.resolve(config), device=device)
    opened = open_all(config, catalog, on_progress)
    check_unchanged(opened, fingerprint, config)
    write_text(folder / CONFIG, tomli_w.dumps(to_table(config)))
    write_json(folder / ENVIRONMENT, stamp)
    machine.prepare(runtime, config.seed)
    others = elsewhere(config, catalog, opened, on_progress)
    parts = replace(
        assemble.parts(config, catalog, opened.dataset), elsewhere=others, teacher=teacher_of(config, catalog)
    )
    keeper = CheckpointFile(folder / CHECKPOINT, trial_of(folder), _log)
    outcome = flow.run(parts, config, runtime, on_progress, keeper)
    scored = {"": outcome.statistics, **outcome.elsewhere}
    statistics.write(folder / statistics.STATISTICS, scored, trained_scenes(config, opened, on_progress))
    _write(folder, parts, outcome, assemble.network_plugins(config, catalog))
    _draw(folder, config, parts, outcome, runtime, on_progress)
    return {
        "scores": outcome.scores,
        "costs": outcome.costs,
        "best_step": outcome.best.step if outcome.best else None,
        "columns": [
            _describe(column, parts)
            for on in ("", *parts.elsewhere)
            for column in (replace(c, on=on) for c in parts.columns)
            if column.key in outcome.scores
        ],
    }


def elsewhere(
    config: ExperimentConfig, catalog: Catalog, opened: Opened, on_progress: OnProgress
) -> dict[str, Dataset]:
    """The data that are scored besides, without those that do not know what the method needs."""
    needs = assemble.needs(config, catalog)
    found = {}
    for label, dataset in opened.elsewhere.items():
        if missing := [name for name in needs if name not in dataset.knows]:
            on_progress(Warned(f"it is not scored on {label}, which does not know the {' and '.join(missing)}"))
        else:
            found[label] = assemble.knowing(config, catalog, dataset)
    return found


def _write(
    folder: Path,
    parts: Parts,
    outcome: Outcome,
    plugins: Mapping[str, str],
) -> None:
    write_json(folder / HISTORY, [asdict(epoch) for epoch in outcome.history])
    if outcome.model is not None:
        files.write(folder, outcome.model, parts.tasks, plugins)


def _draw(
    folder: Path, config: ExperimentConfig, parts: Parts, outcome: Outcome, runtime: Runtime, on_progress: OnProgress
) -> None:
    """Pictures of a few samples; a task of a third party that fails to draw costs them, not the trial's scores."""
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


def _describe(column: Column, parts: Parts) -> dict[str, Any]:
    """A score column with its protocol, so that only like is put beside like."""
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
    """Into the worker's log, at once."""
    print(line, flush=True)


def _yield_to_the_parent() -> None:
    """Let progress and Ctrl-C be seen at once, however busy the cores are."""
    if hasattr(os, "nice"):
        os.nice(1)
