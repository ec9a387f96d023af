"""The trials that run at this moment, each in its worker. Torch-free."""

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


class Tell(Protocol):
    """Is told what trial `number` tells."""

    def __call__(self, progress: Progress, number: int = 0) -> None: ...


@dataclass(slots=True, eq=False)
class RunningTrial:
    """A running trial: its number in the study, its worker, its lock, and the clock's time at which it must end."""

    number: int
    device: str
    worker: Worker
    lock: BaseFileLock
    until: float

    @property
    def is_late(self) -> bool:
        """Whether its time is over."""
        return time.monotonic() >= self.until


class TrialPool:
    """At most `size` running trials, spread over their devices; a context that leaves none running."""

    def __init__(self, size: int, time_limit: float | None) -> None:
        self.size, self.time_limit = size, time_limit
        self.running: list[RunningTrial] = []

    @property
    def has_room(self) -> bool:
        """Whether one more may start."""
        return len(self.running) < self.size

    def start(self, number: int, devices: Sequence[str], lock: BaseFileLock, begin: Callable[[str], Worker]) -> None:
        """Run the trial whose worker `begin(device)` starts, on that of `devices` which is used least."""
        used = [trial.device for trial in self.running]
        device = min(devices, key=used.count)
        worker = begin(device)
        until = math.inf if self.time_limit is None else time.monotonic() + self.time_limit
        self.running.append(RunningTrial(number, device, worker, lock, until))

    def wait(self, longest: float) -> None:
        """Until a trial tells something, ends or is late; `longest` seconds at most."""
        timeout = min([longest, *(max(0.0, m.until - time.monotonic()) for m in self.running)])
        if self.running:
            handles = [handle for m in self.running for handle in m.worker.handles]
            wait(handles, None if timeout == math.inf else timeout)
        else:
            time.sleep(timeout)

    def listen(self, tell: Tell) -> list[RunningTrial]:
        """Pass on what the trials have told; those that have ended, or whose time is over."""
        return [m for m in self.running if m.worker.listen(partial(tell, number=m.number)) or m.is_late]

    def kill(self) -> None:
        """End all of them now."""
        for trial in self.running:
            trial.worker.close()

    def release(self, trial: RunningTrial) -> None:
        """It has ended: another may run it, and another of ours may start."""
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
