"""The trials that are running, each in its worker. Torch-free."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import wait
from types import TracebackType
from typing import Protocol

from filelock import BaseFileLock

from mdf.core.progress import Progress
from mdf.workers.process import Worker


class OnTrialProgress(Protocol):
    """Gets the progress of trial `number`."""

    def __call__(self, progress: Progress, number: int = 0) -> None: ...


@dataclass(slots=True, eq=False)
class RunningTrial:
    """A running trial.

    Attributes:
        number: its place in the study, from 1.
        lock: held while it runs.
        until: the time of `time.monotonic()` at which it must have ended.
    """

    number: int
    device: str
    worker: Worker
    lock: BaseFileLock
    until: float

    @property
    def is_late(self) -> bool:
        """Whether it has run out of time."""
        return time.monotonic() >= self.until


class TrialPool:
    """At most `size` running trials, spread over their devices. A context that leaves none running."""

    def __init__(self, size: int, time_limit: float | None) -> None:
        self.size, self.time_limit = size, time_limit
        self.running: list[RunningTrial] = []

    @property
    def has_room(self) -> bool:
        """Whether one more may start."""
        return len(self.running) < self.size

    def start(self, number: int, devices: Sequence[str], lock: BaseFileLock, begin: Callable[[str], Worker]) -> None:
        """Run a trial on the least used of `devices`; `begin(device)` starts its worker."""
        used = [trial.device for trial in self.running]
        device = min(devices, key=used.count)
        worker = begin(device)
        until = math.inf if self.time_limit is None else time.monotonic() + self.time_limit
        self.running.append(RunningTrial(number, device, worker, lock, until))

    def wait(self, longest: float) -> None:
        """Wait until a trial has progress, ends or runs out of time; `longest` seconds at most."""
        timeout = min([longest, *(max(0.0, m.until - time.monotonic()) for m in self.running)])
        if self.running:
            handles = [handle for m in self.running for handle in m.worker.handles]
            wait(handles, None if timeout == math.inf else timeout)
        else:
            time.sleep(timeout)

    def listen(self, on_progress: OnTrialProgress) -> list[RunningTrial]:
        """Pass on the progress of the trials; returns those that have ended or run out of time."""
        return [m for m in self.running if m.worker.listen(partial(on_progress, number=m.number)) or m.is_late]

    def kill(self) -> None:
        """End all of them now."""
        for trial in self.running:
            trial.worker.close()

    def release(self, trial: RunningTrial) -> None:
        """Free the lock and the place of a trial that has ended."""
        trial.worker.close()
        trial.lock.release()
        self.running.remove(trial)

    def __enter__(self) -> TrialPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for trial in list(self.running):
            self.release(trial)
