"""Runs a study's trials, several at once, each committed as it ends.

Torch-free: what needs torch happens in workers, so that this process survives whatever they do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType

from filelock import BaseFileLock, Timeout

from mdf.core.config import to_table
from mdf.core.errors import DivergedError, MdfError, StorageError
from mdf.core.files import make_folder, sweep
from mdf.core.shared.pointer import fetched
from mdf.runs.attempts import INTERRUPTED, continue_timeout, settled
from mdf.runs.commit import AttemptRecorder, what_counts
from mdf.runs.observer import Observer
from mdf.runs.remove import lock_of
from mdf.runs.result import CHECKPOINT, TrialResult
from mdf.study.prepare import StudyTrial
from mdf.study.trial.outcome import TrialOutcome, TrialRequest
from mdf.workers.executor import Executor, Needs, RunningJob
from mdf.workers.exit import WorkerError
from mdf.workers.interrupts import held
from mdf.workers.job import Job
from mdf.workers.pool import RunningTrial, TrialPool
from mdf.workers.time_limit import format_duration

JOB: Job[TrialRequest, TrialOutcome] = Job("mdf.study.trial.trial:run_trial")
LOG = "worker.log"
BUSY_ELSEWHERE = 0.5
"""Seconds between two looks whether a trial that another process runs has ended."""
NODES_AGAIN = 5.0
"""Seconds between two looks whether a cluster has room for the trial that waits."""
AGAIN = "run the same command again to go on"


def run_trials(
    trials: Sequence[StudyTrial],
    plugins: Sequence[str],
    observer: Observer,
    executor: Executor,
    workers: int | None = None,
    time_limit: float | None = None,
    memory: Mapping[str, float] = MappingProxyType({}),
) -> list[TrialResult]:
    """Every trial's result, in the order of `trials`. Those that have ended are kept, the others start or continue.

    `executor` runs `workers` of them at once (None: as many as suit their device), each for `time_limit` seconds at
    most. `memory` holds the bytes of main memory that each takes, by its id, where they are known. A trial that another
    process is running is waited for. One whose machine is lost is begun again elsewhere.

    Raises StorageError if the disk is full; the trials that ran then continue with the next command. Raises
    KeyboardInterrupt at Ctrl-C, after the running trials are committed as `interrupted`; at a second one, at once.
    """
    waiting = list(enumerate(trials, start=1))
    results: dict[str, TrialResult] = {}
    recorder = AttemptRecorder()
    size = workers or (None if executor.is_remote else min(map(_side_by_side, trials), default=1))
    losses: dict[str, int] = {}

    def needs_of(trial: StudyTrial) -> Needs:
        return _needs(trial, memory.get(trial.id))

    def end(running: RunningTrial, result: TrialResult) -> None:
        kept = recorder.commit(trials[running.number - 1].folder, result)
        results[result.id] = what_counts(kept)
        pool.release(running)
        observer.ended(kept, kept=False)

    def begin_again(number: int, lost: TrialResult) -> None:
        losses[lost.id] = losses.get(lost.id, 0) + 1
        if losses[lost.id] < executor.tries:
            observer.warned(f"{lost.label}: {lost.reason}; it begins again elsewhere, from its last checkpoint")
            waiting.insert(0, (number, trials[number - 1]))

    with held() as interrupts, TrialPool(executor, size, time_limit) as pool:
        try:
            while waiting or pool.running:
                while waiting and pool.has_room(needs_of(waiting[0][1])) and (taken := _take(waiting)):
                    (number, trial), lock = taken
                    kept = _kept(trial)
                    if kept is None:
                        recorder.begin(trial.folder)
                        observer.began(trial.label, number, len(trials))
                        pool.add(number, lock, _start(trial, plugins, executor, needs_of(trial), observer))
                    else:
                        results[trial.id] = kept
                        lock.release()
                        observer.ended(kept, kept=True)
                with interrupts.noticed():
                    if waiting or pool.running:
                        pool.wait(_longest(waiting, pool, executor, needs_of))
                for running in pool.listen(observer.progress):
                    result = _outcome(trials[running.number - 1], running, time_limit)
                    end(running, result)
                    if result.status == INTERRUPTED:
                        begin_again(running.number, result)
        except KeyboardInterrupt:
            pool.kill()
            for running in list(pool.running):
                end(running, _ended(trials[running.number - 1], INTERRUPTED, "Ctrl-C", AGAIN))
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


def _needs(trial: StudyTrial, memory: float | None) -> Needs:
    config = trial.cell.config
    return Needs(trial.cell.devices, config.processes, config.threads or 1, memory)


def _side_by_side(trial: StudyTrial) -> int:
    """How many such trials run at once by default on this machine."""
    return max(1, trial.cell.side_by_side // trial.cell.config.processes)


def _longest(
    waiting: Sequence[tuple[int, StudyTrial]],
    pool: TrialPool,
    executor: Executor,
    needs_of: Callable[[StudyTrial], Needs],
) -> float:
    """Seconds after which to look again, even if no trial tells anything: whether another process has ended the trial
    that waits, or whether a machine has room for it."""
    if not waiting:
        return math.inf
    if pool.has_room(needs_of(waiting[0][1])):
        return BUSY_ELSEWHERE
    return NODES_AGAIN if executor.is_remote else math.inf


def _start(
    trial: StudyTrial, plugins: Sequence[str], executor: Executor, needs: Needs, observer: Observer
) -> RunningJob:
    continue_timeout(trial.folder)
    make_folder(trial.folder)
    sweep(trial.folder)
    if executor.shared is None:
        try:
            fetched(trial.folder / CHECKPOINT)
        except MdfError as error:
            observer.warned(f"{trial.label} begins from the start: {error.message}")
    cell = trial.cell
    request = TrialRequest(cell.config, plugins, trial.folder, cell.stamp, needs.devices[:1], cell.fingerprint)
    return executor.start(JOB, request, needs, trial.folder, trial.folder / LOG)


def _outcome(trial: StudyTrial, running: RunningTrial, time_limit: float | None) -> TrialResult:
    story = f"the whole story is in {trial.folder / LOG}"
    if time_limit is not None and not running.job.has_ended:
        running.job.close()
        cure = "give it more with `--time-limit`, or less to do, for example with `--steps`"
        return _ended(trial, "timeout", f"it took longer than the time limit, {format_duration(time_limit)}", cure)
    try:
        outcome = running.job.result(JOB)
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
