"""The executor of this machine: each trial in a worker process of its own. Torch-free."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import wait
from pathlib import Path
from types import TracebackType

from mdf.core.errors import MdfError
from mdf.core.shared.place import SharedPlace
from mdf.workers.executor import Needs, PlacedRequest, Request, RunningJob
from mdf.workers.job import Job, Result
from mdf.workers.process import Worker
from mdf.workers.shared import SharedWorker


class LocalExecutor:
    """Runs trials in processes of this machine. How many at once is the pool's to say."""

    is_remote = False
    tries = 1
    shared: SharedPlace | None = None

    def __init__(self) -> None:
        self._running: list[Worker] = []

    def helper(self, log: Path, alone: bool = False) -> SharedWorker:  # noqa: ARG002 - the caller runs nothing else
        """One process for several jobs."""
        return SharedWorker(log)

    def ask_each(self, job: Job[Request, Result], request: Request) -> Mapping[str, Result | MdfError]:  # noqa: ARG002
        """Nothing: there is no other machine."""
        return {}

    def use_only(self, machines: Sequence[str]) -> None:
        """There is only this machine."""

    def welcome(
        self, job: Job[Request, Result], request: Request, judge: Callable[[str, Result | MdfError], bool]
    ) -> None:
        """None joins this machine."""

    def has_room(self, needs: Needs) -> bool:  # noqa: ARG002
        """Always: the pool counts."""
        return True

    def start(
        self,
        job: Job[PlacedRequest, Result],
        request: PlacedRequest,
        needs: Needs,
        folder: Path,  # noqa: ARG002 - the worker writes there itself
        log: Path,
    ) -> Worker:
        """A worker on the least used devices."""
        self._running = [worker for worker in self._running if not worker.is_closed]
        used = [device for worker in self._running for device in worker.place.split()]
        devices: list[str] = []
        for _ in range(needs.processes):
            devices.append(min(needs.devices, key=(used + devices).count))
        worker = Worker(job, request.on(devices), log=log, place=" ".join(devices))
        self._running.append(worker)
        return worker

    def wait(self, jobs: Sequence[RunningJob], longest: float) -> None:
        """Wait for messages and ends of the processes."""
        handles = [handle for job in jobs if isinstance(job, Worker) for handle in job.handles]
        if handles:
            wait(handles, None if longest == math.inf else longest)
        else:
            time.sleep(longest)

    def __enter__(self) -> LocalExecutor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._running:
            worker.close()
