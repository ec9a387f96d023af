"""Worker processes: each does a job, so that a crash ends that job alone. Torch-free: the parent stays light."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mdf.core.errors import MdfError
from mdf.core.files import make_folder
from mdf.core.processes import expect_training, process_context, starting
from mdf.core.progress import OnProgress, Progress, Warned
from mdf.registry import discovery
from mdf.runs.observer import Observer
from mdf.workers.cgroup import oom_kills
from mdf.workers.child import Call, Done, Failed, NotPreloaded, work
from mdf.workers.exit import WorkerError, exit_reason
from mdf.workers.job import Arguments, Job, Result
from mdf.workers.time_limit import format_duration

__all__ = ["PATIENCE", "Worker", "WorkerError", "expect_training", "run", "run_once"]

GRACE = 5.0
"""Seconds that a worker has to end by itself after it sent its result."""

PATIENCE = 1800.0
"""Seconds that a job beside the trials (a forecast, a measured cost, a trial's pictures) may take where no time limit
is given: a plugin that hangs there must not hang the study."""


_warned_of: set[NotPreloaded] = set()


class Worker:
    """A process that does one job, or with `stays` one after the other. Close it whatever happened.

    Attributes:
        place: the devices that it uses, where the caller named them.
        began: the time of `time.monotonic()` at which it was started.
        is_closed: whether it has been closed.
        has_ended: whether the job had ended when it was listened to the last time.
        handles: what `multiprocessing.connection.wait` waits for when there is nothing to listen to.
    """

    def __init__(
        self,
        job: Job[*Arguments, Result],
        *arguments: *Arguments,
        log: Path,
        stays: bool = False,
        place: str = "",
    ) -> None:
        """Start it with a job; what it prints goes to the file `log`."""
        make_folder(log.parent)
        context = process_context()
        self.place, self.is_closed = place, False
        self.began: float | None = time.monotonic()
        self.log, self._stays, self._oom_kills = log, stays, oom_kills()
        self._connection, theirs = context.Pipe(duplex=True)
        # no daemon: a daemon may not start processes, and filling a cache does. It still ends with its parent
        started = (theirs, str(log), Call(job, arguments, discovery()), stays)
        self._process = context.Process(target=work, args=started, daemon=False)
        try:
            with starting():
                self._process.start()
        except BaseException:  # such as a Ctrl-C that was held back
            if self._process.pid is not None:
                self.close()
            raise
        theirs.close()
        self.handles: list[Connection | int] = [self._connection, self._process.sentinel]
        self.has_ended = False
        self._last: Done | Failed | None = None

    def ask(self, job: Job[*Arguments, Result], *arguments: *Arguments) -> None:
        """Give a worker that stays its next job, once the one before has ended."""
        self.has_ended, self._last, self._oom_kills = False, None, oom_kills()
        with suppress(BrokenPipeError, ConnectionResetError):  # it has died: `result` says why
            self._connection.send(Call(job, arguments, discovery()))

    def listen(self, on_progress: OnProgress) -> bool:
        """Pass on to `on_progress` what the worker has sent, without waiting; whether its job has ended."""
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
            elif isinstance(message, NotPreloaded):
                _warn_once(message, on_progress)
            else:
                on_progress(message)
        self.has_ended = self.has_ended or dead
        return self.has_ended

    def wait(self, job: Job[*Arguments, Result], on_progress: OnProgress, time_limit: float | None = None) -> Result:
        """What `job`, which it was given, returns; waits until it has ended. Raises as `run` does."""
        until = math.inf if time_limit is None else time.monotonic() + time_limit
        while not self.listen(on_progress):
            left = until - time.monotonic()
            if time_limit is not None and left <= 0:
                raise WorkerError("timeout", f"it took longer than its time limit, {format_duration(time_limit)}")
            wait(self.handles, None if left == math.inf else left)
        return self.result(job)

    def result(self, job: Job[*tuple[Any, ...], Result]) -> Result:  # noqa: ARG002 - it says of which type
        """What `job`, which it was given, returned, once it has ended. Raises as `run` does."""
        result: Result = self.end().outcome()
        return result

    def end(self) -> Done | Failed:
        """How the job ended, once it has ended."""
        if self._last is None or not self._stays:
            self.close(grace=GRACE)
        if self._last is not None:
            return self._last
        why = exit_reason(self._process.exitcode or 0, self.log, self._oom_kills)
        return Failed(None, why.status, why.reason, why.log)

    def close(self, grace: float = 0) -> None:
        """End the process, at once or when it has had `grace` seconds to end by itself."""
        self.is_closed = True
        self._connection.close()
        self._process.join(grace)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def run(
    job: Job[*Arguments, Result],
    *arguments: *Arguments,
    on_progress: OnProgress,
    log: Path,
    time_limit: float | None = None,
) -> Result:
    """Run `job` with these arguments in a worker process of its own and return what it returns.

    Its progress comes to `on_progress` in this process; what it prints goes to the file `log`.

    Raises the job's own MdfError, or WorkerError where it raised anything else, crashed, was killed or took longer
    than `time_limit` seconds.
    """
    worker = Worker(job, *arguments, log=log)
    try:
        return worker.wait(job, on_progress, time_limit)
    finally:
        worker.close()


def run_once(title: str, job: Job[*Arguments, Result], *arguments: *Arguments, observer: Observer) -> Result:
    """Run a job that leaves no files, and show the user `title` meanwhile.

    Raises the job's own MdfError, or one that shows the end of its log.
    """
    observer.began(title, 0, 0)
    with TemporaryDirectory() as folder:
        try:
            return run(job, *arguments, on_progress=passed_to(observer), log=Path(folder) / "log")
        except WorkerError as error:
            raise MdfError(f"{title} failed: {error.reason}", error.log[-500:]) from error


def _warn_once(failure: NotPreloaded, on_progress: OnProgress) -> None:
    """Every worker of one server reports the same failures; the user hears of each once."""
    if failure not in _warned_of:
        _warned_of.add(failure)
        on_progress(
            Warned(
                f"`{failure.module}` could not be loaded before the first worker: {failure.reason}; each worker that "
                "needs it will load it again or fail"
            )
        )


def passed_to(observer: Observer) -> OnProgress:
    """A callback that tells `observer` the progress of a job beside the trials, its warnings among it."""

    def on_progress(progress: Progress) -> None:
        observer.progress(progress)
        if isinstance(progress, Warned):
            observer.warned(progress.message)

    return on_progress
