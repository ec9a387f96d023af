"""From configurations to trials: surveyed in a worker, named by their ids, each with its folder. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from mdf.core.config import ExperimentConfig
from mdf.core.errors import ConfigError, MdfError
from mdf.models.locate import located
from mdf.runs.attempts import attempts_of, planned
from mdf.runs.observer import Observer
from mdf.study.cell import Cell, LabelledCell, SurveyRequest
from mdf.study.costs.record import COSTS
from mdf.study.identity import digest, trial_id
from mdf.study.request.labels import label_all
from mdf.workers.executor import Executor, Helper
from mdf.workers.exit import WorkerError
from mdf.workers.job import Job
from mdf.workers.local import LocalExecutor
from mdf.workers.process import expect_training, passed_to

NAME = re.compile(r"\w[\w.-]*")
JOB: Job[SurveyRequest, list[Cell]] = Job("mdf.study.survey:survey")


@dataclass(frozen=True, slots=True)
class StudyTrial(LabelledCell):
    """A trial of a study before it runs; `folder` is where its files go."""

    folder: Path


def helper(runs: Path, executor: Executor | None = None) -> AbstractContextManager[Helper]:
    """What finds out everything before trials run: the survey, the forecasts. Without an executor, on this machine."""
    return (executor or LocalExecutor()).helper(runs / ".survey.log")


def survey(
    configs: Sequence[ExperimentConfig],
    plugins: Sequence[str],
    runs: Path,
    observer: Observer,
    worker: Helper,
    fill_cache: bool,
    allow_leaks: bool = False,
    strict: bool = False,
) -> list[Cell]:
    """The cells as they will run, checked in `worker`; the other arguments are those of `SurveyRequest`."""
    configs = [located(config, runs) for config in configs]
    if fill_cache:  # it is no dry run
        expect_training()
    observer.began("survey", 0, len(configs))
    request = SurveyRequest(configs, plugins, fill_cache, allow_leaks, strict)
    try:
        return worker.run(JOB, request, on_progress=passed_to(observer))
    except WorkerError as error:
        message = f"checking the configurations failed: {error.reason}"
        raise MdfError(message, f"the whole story is in {worker.log}") from error


def plan_trials(
    configs: Sequence[ExperimentConfig], cells: Sequence[Cell], runs: Path, name: str, again: Collection[str] = ()
) -> tuple[list[StudyTrial], Path]:
    """The trials of the study, and its folder.

    A trial that has ended is kept, unless its status is in `again`. One that an earlier study ran keeps its folder.
    """
    pairs: dict[str, tuple[ExperimentConfig, Cell]] = {}
    for config, cell in zip(configs, cells, strict=True):
        if not cell.left_out:
            pairs.setdefault(trial_id(cell), (_limited(config, cell), cell))
    labels = label_all([config for config, _ in pairs.values()])
    study = runs / (name or f"study-{digest(sorted(pairs))}")
    attempts = attempts_of(pairs, runs)
    return [
        StudyTrial(key, label, cell, planned(key, study, again, attempts[key]))
        for (key, (_, cell)), label in zip(pairs.items(), labels, strict=True)
    ], study


def check_name(name: str) -> None:
    """A study's name is one folder inside `runs`. Raises ConfigError if it is not, or is mdf's own."""
    if name == COSTS:
        raise ConfigError(f"`{name}` cannot be a study's name: measured costs are kept there", "choose another")
    if name and not NAME.fullmatch(name):
        raise ConfigError(f"`{name}` cannot be a study's name", "use letters, digits, `-`, `_` and `.`: it is a folder")


def _limited(config: ExperimentConfig, cell: Cell) -> ExperimentConfig:
    """`config` as it was asked for, without the tasks that the data have no truth for, so that no label names them; a
    trained network by its own name."""
    losses = {t: x for t, x in config.loss.items() if t in cell.tasks}
    return config.model_copy(update={"loss": losses, "model": cell.config.model})
