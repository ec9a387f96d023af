"""Worker processes: forked from a server that has torch loaded, one a job, so that a crash ends only that job.

Torch-free itself: the parent of a study stays light.
"""

from __future__ import annotations

import math
import multiprocessing as mp
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, SpawnContext
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from mdf.core.errors import MdfError
from mdf.core.files import make_folder
from mdf.core.progress import OnProgress
from mdf.runs.observer import Observer
from mdf.workers.cgroup import oom_kills
from mdf.workers.child import Done, Failed, work
from mdf.workers.exit import WorkerError, exit_reason
from mdf.workers.interrupts import blocked
from mdf.workers.time_limit import format_duration

__all__ = ["Worker", "WorkerError", "expect_training", "run"]

PRELOAD = ["mdf.study.trial.trial", "mdf.study.survey"]
OPTIMISER = "torch._dynamo"
"""What the first optimiser of a process imports, which takes 2 s."""
GRACE = 5.0
"""Seconds that a worker has to end by itself after it sent its result."""

PATIENCE = 1800.0
"""Seconds that what goes with a study's trials (a forecast, a measured cost, a trial's pictures) may take where no time
limit is given: a plugin that hangs there must not hang the study."""


def expect_training() -> None:
    """Let the server import what every training worker would. Of use before the first worker starts."""
    if OPTIMISER not in PRELOAD:
        PRELOAD.append(OPTIMISER)


def run(job: str, *arguments: object, on_progress: OnProgress, log: Path, time_limit: float | None = None) -> Any:
    """Run `job(on_progress, *arguments)` in a worker process and return what it returns.

    `job` names a module-level function, `package.module:function`, so that the parent need not import it. Its events
    come to `on_progress` in this process; what it prints goes to the
    file `log`. Raises the job's own MdfError, or WorkerError where it crashed, was killed or took longer than
    `time_limit` seconds.
    """
    worker = Worker(job, *arguments, log=log)
    until = math.inf if time_limit is None else time.monotonic() + time_limit
    try:
        while not worker.listen(on_progress):
            left = until - time.monotonic()
            if time_limit is not None and left <= 0:
                raise WorkerError("timeout", f"it took longer than its time limit, {format_duration(time_limit)}")
            wait(worker.handles, None if left == math.inf else left)
        return worker.result()
    finally:
        worker.close()


class Worker:
    """A process that does one job. Made in one call, listened to until it has ended, and closed whatever happened.

    Attributes:
        has_ended: whether it had when it was listened to the last time.
        handles: what `multiprocessing.connection.wait` waits for when there is nothing to listen to.
    """

    def __init__(self, job: str, *arguments: object, log: Path) -> None:
        """Start it: `job(on_progress, *arguments)`, what it prints going to `log`."""
        make_folder(log.parent)
        context = _context()
        self.log, self._oom_kills = log, oom_kills()
        self._connection, theirs = context.Pipe(duplex=False)
        # no daemon: those may have no processes of their own, which fill caches; it ends with its parent all the same
        self._process = context.Process(target=work, args=(theirs, str(log), job, arguments), daemon=False)
        resource_tracker.ensure_running()  # its start would let interrupts through again
        try:
            with _without_main_module(), blocked():
                self._process.start()
        except BaseException:  # such as a Ctrl-C that was held back
            if self._process.pid is not None:
                self.close()
            raise
        theirs.close()
        self.handles: list[Connection | int] = [self._connection, self._process.sentinel]
        self.has_ended = False
        self._last: Done | Failed | None = None

    def listen(self, on_progress: OnProgress) -> bool:
        """Pass on to `on_progress` what the worker has told, without waiting; whether it has ended."""
        dead = bool(wait([self._process.sentinel], timeout=0))  # asked first: what it sent before is there by now
        while not self.has_ended:
            try:
                if not self._connection.poll():
                    break
                message = self._connection.recv()
            except (EOFError, OSError):  # OSError: it was killed amid a message
                self.has_ended = True
                break
            if isinstance(message, (Done, Failed)):
                self._last, self.has_ended = message, True
            else:
                on_progress(message)
        self.has_ended = self.has_ended or dead
        return self.has_ended

    def result(self) -> Any:
        """What the job returned, once it has ended. Raises as `run` does."""
        self.close(grace=GRACE)
        if isinstance(self._last, Done):
            return self._last.result
        if isinstance(self._last, Failed):
            if self._last.error is not None:
                raise self._last.error
            raise WorkerError(self._last.status, self._last.reason, self._last.log)
        raise exit_reason(self._process.exitcode or 0, self.log, self._oom_kills)

    def close(self, grace: float = 0) -> None:
        """End the process, at once or when it has had `grace` seconds to end by itself."""
        self._connection.close()
        self._process.join(grace)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _context() -> ForkServerContext | SpawnContext:
    if "forkserver" not in mp.get_all_start_methods():
        return mp.get_context("spawn")
    context = mp.get_context("forkserver")
    context.set_forkserver_preload(PRELOAD)
    return context


@contextmanager
def _without_main_module() -> Iterator[None]:
    """Hide `__main__` while a worker starts: multiprocessing would import the user's script a second time."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def run_once(title: str, job: str, *arguments: object, observer: Observer) -> Any:
    """Run a job with nothing to keep, `title` being what the user sees of it.

    Raises the job's own MdfError, or one that shows the end of its log.
    """
    observer.began(title, 0, 0)
    with TemporaryDirectory() as folder:
        try:
            return run(job, *arguments, on_progress=observer.progress, log=Path(folder) / "log")
        except WorkerError as error:
            raise MdfError(f"{title} failed: {error.reason}", error.log[-500:]) from error
