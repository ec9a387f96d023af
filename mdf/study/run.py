"""Runs a study's trials, several at once, each committed as it ends.

Torch-free: what needs torch happens in workers, so that this process survives whatever they do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from filelock import BaseFileLock, Timeout

from mdf.core.config import to_table
from mdf.core.errors import DivergedError, MdfError, StorageError
from mdf.core.files import sweep
from mdf.runs.attempts import continue_timeout, settled
from mdf.runs.commit import AttemptRecorder, what_counts
from mdf.runs.observer import Observer
from mdf.runs.remove import lock_of
from mdf.runs.result import TrialResult
from mdf.study.prepare import StudyTrial
from mdf.study.trial.outcome import TrialOutcome, TrialRequest
from mdf.workers.exit import WorkerError
from mdf.workers.interrupts import held
from mdf.workers.job import Job
from mdf.workers.pool import RunningTrial, TrialPool
from mdf.workers.process import Worker
from mdf.workers.time_limit import format_duration

JOB: Job[TrialRequest, TrialOutcome] = Job("mdf.study.trial.trial:run_trial")
LOG = "worker.log"
BUSY_ELSEWHERE = 0.5
"""Seconds between two looks whether a trial that another process runs has ended."""
AGAIN = "run the same command again to go on"


def run_trials(
    trials: Sequence[StudyTrial],
    plugins: Sequence[str],
    observer: Observer,
    workers: int | None = None,
    time_limit: float | None = None,
) -> list[TrialResult]:
    """Every trial's result, in the order of `trials`. Those that have ended are kept, the others start or continue.

    `workers` of them run at once (None: as many as suit their device), each for `time_limit` seconds at most. A trial
    that another process is running is waited for.

    Raises StorageError if the disk is full; the trials that ran then continue with the next command. Raises
    KeyboardInterrupt at Ctrl-C, after the running trials are committed as `interrupted`; at a second one, at once.
    """
    waiting = list(enumerate(trials, start=1))
    results: dict[str, TrialResult] = {}
    recorder = AttemptRecorder()
    size = workers or min((trial.cell.side_by_side for trial in trials), default=1)

    def end(running: RunningTrial, result: TrialResult) -> None:
        kept = recorder.commit(trials[running.number - 1].folder, result)
        results[result.id] = what_counts(kept)
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
                        results[trial.id] = kept
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
    return [results[trial.id] for trial in trials]


def _take(waiting: list[tuple[int, StudyTrial]]) -> tuple[tuple[int, StudyTrial], BaseFileLock] | None:
    """The first of the `waiting` trials that no other process runs, removed from them, and its lock."""
    for place, (_, trial) in enumerate(waiting):
        lock = lock_of(trial.folder)
        with suppress(Timeout):
            lock.acquire(blocking=False)
            return waiting.pop(place), lock
    return None


def _kept(trial: StudyTrial) -> TrialResult | None:
    """The result that the trial has by now: from before, or from a process that ran it while this one waited."""
    result = settled(trial.folder)
    return None if result is None else what_counts(replace(result, label=trial.label))


def _start(trial: StudyTrial, plugins: Sequence[str], device: str) -> Worker:
    continue_timeout(trial.folder)
    sweep(trial.folder)
    cell = trial.cell
    request = TrialRequest(cell.config, plugins, trial.folder, cell.stamp, device, cell.fingerprint)
    return Worker(JOB, request, log=trial.folder / LOG)


def _outcome(trial: StudyTrial, running: RunningTrial, time_limit: float | None) -> TrialResult:
    story = f"the whole story is in {trial.folder / LOG}"
    if time_limit is not None and not running.worker.has_ended:
        running.worker.close()
        cure = "give it more with `--time-limit`, or less to do, for example with `--steps`"
        return _ended(trial, "timeout", f"it took longer than the time limit, {format_duration(time_limit)}", cure)
    try:
        outcome = running.worker.result(JOB)
    except StorageError:
        raise
    except DivergedError as error:
        return _ended(trial, "diverged", error.message, error.hint)
    except MdfError as error:
        return _ended(trial, "failed", error.message, error.hint)
    except WorkerError as error:
        return _ended(trial, error.status, error.reason, story)
    return replace(
        _ended(trial, "ok"),
        scores=outcome.scores,
        costs=outcome.costs,
        best_step=outcome.best_step,
        columns=list(outcome.columns),
    )


def _ended(trial: StudyTrial, status: str, reason: str = "", hint: str = "") -> TrialResult:
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
