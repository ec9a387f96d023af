"""A study from its cells to its results: survey, then trial after trial, each committed as it ends.

Torch-free: what needs torch happens in workers, so that this process survives whatever they do.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from filelock import FileLock

from mdf.core.config import ExperimentConfig, to_table
from mdf.core.errors import ConfigError, DivergedError, MdfError
from mdf.core.events import Event
from mdf.study import jobs, results, worker
from mdf.study.files import write_json
from mdf.study.identity import digest, trial_id
from mdf.study.labels import label_all
from mdf.study.results import TrialResult

if TYPE_CHECKING:
    from mdf.study.cell import Cell

NAME = re.compile(r"\w[\w.-]*")


class Observer(Protocol):
    """Sees a study go on; always called in the parent process."""

    def began(self, label: str, number: int, total: int) -> None:
        """Trial `number` (from 1) of `total` begins; the survey is number 0."""

    def event(self, event: Event) -> None:
        """The running trial tells something."""

    def ended(self, result: TrialResult, kept: bool) -> None:
        """A trial has its result; `kept` from an earlier run of the same trial."""

    def warned(self, message: str) -> None:
        """Something went wrong that does not touch the study."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial before it runs."""

    id: str
    label: str
    cell: Cell
    folder: Path


def survey(
    configs: Sequence[ExperimentConfig], plugins: Sequence[str], runs: Path, observer: Observer, fill_cache: bool
) -> list[Cell]:
    """The cells as they will run, checked in a worker."""
    observer.began("survey", 0, len(configs))
    log = runs / ".survey.log"
    try:
        cells: list[Cell] = worker.run(
            jobs.survey, list(configs), list(plugins), fill_cache, report=observer.event, log=log
        )
    except worker.WorkerError as error:
        raise MdfError(f"checking the configurations failed: {error.reason}", f"the whole story is in {log}") from error
    log.unlink(missing_ok=True)
    return cells


def plan(configs: Sequence[ExperimentConfig], cells: Sequence[Cell], runs: Path, name: str) -> tuple[list[Trial], Path]:
    """The trials that will run, and the study's folder. One that an earlier study ran keeps the folder it has."""
    pairs: dict[str, tuple[ExperimentConfig, Cell]] = {}
    for config, cell in zip(configs, cells, strict=True):
        if not cell.left_out:
            key = trial_id(cell.config, cell.fingerprint, cell.stamp, cell.plugins)
            pairs.setdefault(key, (_limited(config, cell), cell))
    labels = label_all([config for config, _ in pairs.values()])
    study = runs / (name or f"study-{digest(sorted(pairs))}")
    trials = []
    for (key, (_, cell)), label in zip(pairs.items(), labels, strict=True):
        earlier = next(iter(sorted(runs.glob(f"*/{key}/{results.RESULT}"))), None)
        trials.append(Trial(key, label, cell, earlier.parent if earlier else study / key))
    write_json(study / results.STUDY, {"trials": {t.id: t.label for t in trials}})
    return trials, study


def check_name(name: str) -> None:
    """A study's name is one folder inside `runs`. Raises ConfigError where it is not."""
    if name and not NAME.fullmatch(name):
        raise ConfigError(f"`{name}` cannot be a study's name", "use letters, digits, `-`, `_` and `.`: it is a folder")


def _limited(config: ExperimentConfig, cell: Cell) -> ExperimentConfig:
    """`config` as it was asked for, without what the data have no truth for: no label speaks of that."""
    return config.model_copy(update={"loss": {t: x for t, x in config.loss.items() if t in cell.tasks}})


def run(trials: Sequence[Trial], plugins: Sequence[str], observer: Observer) -> Iterator[TrialResult]:
    """Every trial's result, in order; those that ended well before are kept, the others run (again).

    A trial that another process is running is waited for.
    """
    for number, trial in enumerate(trials, start=1):
        with FileLock(trial.folder.parent / f".{trial.id}.lock"):
            kept = _kept(trial)
            if kept is not None:
                observer.ended(kept, kept=True)
                yield kept
                continue
            observer.began(trial.label, number, len(trials))
            try:
                result = _run_one(trial, plugins, observer)
            except KeyboardInterrupt:
                result = _ended(trial, "interrupted", "Ctrl-C", "run the same command again to go on")
                yield _commit(trial, result, observer)
                raise
            yield _commit(trial, result, observer)


def _commit(trial: Trial, result: TrialResult, observer: Observer) -> TrialResult:
    results.commit(trial.folder, result)
    observer.ended(result, kept=False)
    return result


def _kept(trial: Trial) -> TrialResult | None:
    if not (trial.folder / results.RESULT).is_file():
        return None
    result = results.load(trial.folder)
    return replace(result, label=trial.label) if result.ok else None


def _run_one(trial: Trial, plugins: Sequence[str], observer: Observer) -> TrialResult:
    shutil.rmtree(trial.folder, ignore_errors=True)
    log = trial.folder / "worker.log"
    try:
        found: dict[str, Any] = worker.run(
            jobs.trial,
            trial.cell.config,
            list(plugins),
            trial.folder,
            dict(trial.cell.stamp),
            report=observer.event,
            log=log,
        )
    except DivergedError as error:
        return _ended(trial, "diverged", error.message, error.hint)
    except MdfError as error:
        return _ended(trial, "failed", error.message, error.hint)
    except worker.WorkerError as error:
        return _ended(trial, error.status, error.reason, f"the whole story is in {log}")
    return replace(_ended(trial, "ok"), **found)


def _ended(trial: Trial, status: str, reason: str = "", hint: str = "") -> TrialResult:
    return TrialResult(
        id=trial.id,
        label=trial.label,
        status=status,
        config=to_table(trial.cell.config),
        reason=reason,
        hint=hint,
        stamp=trial.cell.stamp,
        split_by=trial.cell.split_by,
        folder=str(trial.folder),
    )
