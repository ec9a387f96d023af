"""A study from its cells to its results: survey, then its trials, several at once, each committed as it ends.

Torch-free: what needs torch happens in workers, so that this process survives whatever they do.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import BaseFileLock, Timeout

from mdf.core.config import ExperimentConfig, to_table
from mdf.core.errors import ConfigError, DivergedError, MdfError, StorageError
from mdf.core.files import sweep
from mdf.models.locate import located
from mdf.runs.attempts import continue_timeout, planned, settled
from mdf.runs.commit import AttemptRecorder, what_counts
from mdf.runs.observer import Observer
from mdf.runs.remove import lock_of
from mdf.runs.result import TrialResult
from mdf.study.costs.record import COSTS
from mdf.study.identity import digest, trial_id
from mdf.study.request.labels import label_all
from mdf.workers import process
from mdf.workers.exit import WorkerError
from mdf.workers.interrupts import held
from mdf.workers.pool import RunningTrial, TrialPool
from mdf.workers.process import Worker
from mdf.workers.time_limit import format_duration

if TYPE_CHECKING:
    from mdf.study.cell import Cell

NAME = re.compile(r"\w[\w.-]*")
LOG = "worker.log"


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial before it runs."""

    id: str
    label: str
    cell: Cell
    folder: Path


def survey(
    configs: Sequence[ExperimentConfig],
    plugins: Sequence[str],
    runs: Path,
    observer: Observer,
    fill_cache: bool,
    allow_leaks: bool = False,
    strict: bool = False,
) -> list[Cell]:
    """The cells as they will run, checked in a worker; `strict` as `mdf.study.survey.survey` has it."""
    configs = [located(config, runs) for config in configs]
    if fill_cache:  # it is no dry run
        process.expect_training()
    observer.began("survey", 0, len(configs))
    log = runs / ".survey.log"
    try:
        asked = (list(configs), list(plugins), fill_cache, allow_leaks, strict)
        cells: list[Cell] = process.run("mdf.study.survey:survey", *asked, on_progress=observer.progress, log=log)
    except WorkerError as error:
        raise MdfError(f"checking the configurations failed: {error.reason}", f"the whole story is in {log}") from error
    log.unlink(missing_ok=True)
    return cells


def plan(
    configs: Sequence[ExperimentConfig], cells: Sequence[Cell], runs: Path, name: str, again: Collection[str] = ()
) -> tuple[list[Trial], Path]:
    """The trials of the study, and its folder. One that has ended stands, but for those of a status in `again`.

    A trial that an earlier study ran keeps the folder it has.
    """
    pairs: dict[str, tuple[ExperimentConfig, Cell]] = {}
    for config, cell in zip(configs, cells, strict=True):
        if not cell.left_out:
            key = trial_id(cell.config, cell.fingerprint, cell.stamp, cell.plugins)
            pairs.setdefault(key, (_limited(config, cell), cell))
    labels = label_all([config for config, _ in pairs.values()])
    study = runs / (name or f"study-{digest(sorted(pairs))}")
    trials = []
    for (key, (_, cell)), label in zip(pairs.items(), labels, strict=True):
        trials.append(Trial(key, label, cell, planned(key, study, again)))
    return trials, study


def check_name(name: str) -> None:
    """A study's name is one folder inside `runs`. Raises ConfigError where it is not, or is mdf's own."""
    if name == COSTS:
        raise ConfigError(f"`{name}` cannot be a study's name: measured costs are kept there", "choose another")
    if name and not NAME.fullmatch(name):
        raise ConfigError(f"`{name}` cannot be a study's name", "use letters, digits, `-`, `_` and `.`: it is a folder")


def _limited(config: ExperimentConfig, cell: Cell) -> ExperimentConfig:
    """`config` as it was asked for, without what the data have no truth for: no label speaks of that."""
    return config.model_copy(update={"loss": {t: x for t, x in config.loss.items() if t in cell.tasks}})


BUSY_ELSEWHERE = 0.5
"""Seconds between two looks at a trial that another process runs."""
AGAIN = "run the same command again to go on"


def run(
    trials: Sequence[Trial],
    plugins: Sequence[str],
    observer: Observer,
    workers: int | None = None,
    time_limit: float | None = None,
) -> list[TrialResult]:
    """Every trial's result, in the order of `trials`; those that have ended are kept, the others begin or go on.

    `workers` of them run at once (None: as many as their device is made for), each for `time_limit` seconds at most.
    One that another process is running is waited for.

    Raises StorageError where the disk takes no more; the trials that ran then go on with the next command. Raises
    KeyboardInterrupt once the trials that ran at Ctrl-C are committed as `interrupted`; at a second one, now.
    """
    waiting = list(enumerate(trials, start=1))
    found: dict[str, TrialResult] = {}
    recorder = AttemptRecorder()
    size = workers or min((trial.cell.side_by_side for trial in trials), default=1)

    def end(running: RunningTrial, result: TrialResult) -> None:
        kept = recorder.commit(trials[running.number - 1].folder, result)
        found[result.id] = what_counts(kept)
        pool.release(running)
        observer.ended(kept, kept=False)

    with held() as interrupts, TrialPool(size, time_limit) as pool:
        try:
            while waiting or pool.running:
                while pool.has_room and (taken := _take(waiting)):
                    (number, trial), lock = taken
                    kept = _kept(trial)
                    if kept is None:
                        recorder.begin(trial.folder)
                        observer.began(trial.label, number, len(trials))
                        pool.start(number, trial.cell.devices, lock, partial(_start, trial, plugins))
                    else:
                        found[trial.id] = kept
                        lock.release()
                        observer.ended(kept, kept=True)
                with interrupts.noticed():
                    if waiting or pool.running:
                        pool.wait(BUSY_ELSEWHERE if waiting and pool.has_room else math.inf)
                for running in pool.listen(observer.progress):
                    end(running, _outcome(trials[running.number - 1], running, time_limit))
        except KeyboardInterrupt:
            pool.kill()
            for running in list(pool.running):
                end(running, _ended(trials[running.number - 1], "interrupted", "Ctrl-C", AGAIN))
            raise
    return [found[trial.id] for trial in trials]


def _take(waiting: list[tuple[int, Trial]]) -> tuple[tuple[int, Trial], BaseFileLock] | None:
    """The first of the `waiting` trials that no other process runs, no longer among them, and its lock."""
    for place, (_, trial) in enumerate(waiting):
        lock = lock_of(trial.folder)
        with suppress(Timeout):
            lock.acquire(blocking=False)
            return waiting.pop(place), lock
    return None


def _kept(trial: Trial) -> TrialResult | None:
    """The result that the trial has by now: from before, or by a process that ran it while this one waited."""
    result = settled(trial.folder)
    return None if result is None else what_counts(replace(result, label=trial.label))


def _start(trial: Trial, plugins: Sequence[str], device: str) -> Worker:
    continue_timeout(trial.folder)
    sweep(trial.folder)
    cell = trial.cell
    arguments = (cell.config, list(plugins), trial.folder, dict(cell.stamp), device, cell.fingerprint)
    return Worker("mdf.study.trial.trial:run_trial", *arguments, log=trial.folder / LOG)


def _outcome(trial: Trial, running: RunningTrial, time_limit: float | None) -> TrialResult:
    story = f"the whole story is in {trial.folder / LOG}"
    if time_limit is not None and not running.worker.has_ended:
        running.worker.close()
        cure = "give it more with `--time-limit`, or less to do, for example with `--steps`"
        return _ended(trial, "timeout", f"it took longer than the time limit, {format_duration(time_limit)}", cure)
    try:
        result: dict[str, Any] = running.worker.result()
    except StorageError:
        raise
    except DivergedError as error:
        return _ended(trial, "diverged", error.message, error.hint)
    except MdfError as error:
        return _ended(trial, "failed", error.message, error.hint)
    except WorkerError as error:
        return _ended(trial, error.status, error.reason, story)
    return replace(_ended(trial, "ok"), **result)


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
    )
