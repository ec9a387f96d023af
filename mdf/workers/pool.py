"""The trials that are running, wherever their executor runs them. Torch-free."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Protocol

from filelock import BaseFileLock

from mdf.core.progress import Progress
from mdf.workers.executor import Executor, Needs, RunningJob


class OnTrialProgress(Protocol):
    """Gets the progress of trial `number`."""

    def __call__(self, progress: Progress, number: int = 0) -> None: ...


@dataclass(slots=True, eq=False)
class RunningTrial:
    """A running trial.

    Attributes:
        number: its place in the study, from 1.
        lock: held while it runs.
        time_limit: seconds that its work may take; None = no limit.
    """

    number: int
    job: RunningJob
    lock: BaseFileLock
    time_limit: float | None

    @property
    def seconds_left(self) -> float | None:
        """Until it is out of time; None where there is no limit, or it waits for a machine."""
        if self.time_limit is None or self.job.began is None:
            return None
        return self.job.began + self.time_limit - time.monotonic()

    @property
    def is_late(self) -> bool:
        """Whether it has run out of time."""
        left = self.seconds_left
        return left is not None and left <= 0


class TrialPool:
    """At most `size` running trials (None: as many as the executor has room for). A context that leaves none."""

    def __init__(self, executor: Executor, size: int | None, time_limit: float | None) -> None:
        self.executor, self.size, self.time_limit = executor, size, time_limit
        self.running: list[RunningTrial] = []

    def has_room(self, needs: Needs) -> bool:
        """Whether one more may start."""
        return (self.size is None or len(self.running) < self.size) and self.executor.has_room(needs)

    def add(self, number: int, lock: BaseFileLock, job: RunningJob) -> None:
        """A trial has been started."""
        self.running.append(RunningTrial(number, job, lock, self.time_limit))

    def wait(self, longest: float) -> None:
        """Wait until a trial has progress, ends or runs out of time; `longest` seconds at most."""
        left = [seconds for trial in self.running if (seconds := trial.seconds_left) is not None]
        self.executor.wait([trial.job for trial in self.running], min([longest, *(max(0.0, s) for s in left)]))

    def listen(self, on_progress: OnTrialProgress) -> list[RunningTrial]:
        """Pass on the progress of the trials; returns those that have ended or run out of time."""
        return [m for m in self.running if m.job.listen(partial(on_progress, number=m.number)) or m.is_late]

    def kill(self) -> None:
        """End all of them now."""
        for trial in self.running:
            trial.job.close()

    def release(self, trial: RunningTrial) -> None:
        """Free the lock and the place of a trial that has ended."""
        trial.job.close()
        trial.lock.release()
        self.running.remove(trial)

    def __enter__(self) -> TrialPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for trial in list(self.running):
            self.release(trial)
