"""Worker processes: forked from a server that has torch loaded, one a job, so that a crash ends only that job.

Torch-free itself: the parent of a study stays light.
"""

from __future__ import annotations

import faulthandler
import multiprocessing as mp
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, SpawnContext
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from mdf.core import errors
from mdf.core.errors import DivergedError, MdfError
from mdf.core.events import Event
from mdf.study.files import make_folder

PRELOAD = ["mdf.study.trial", "mdf.study.survey"]
GRACE = 5.0
"""Seconds that a worker has to end by itself after it was asked to."""

Report = Callable[[Event], None]


class WorkerError(Exception):
    """A job's worker ended without a result. `status` is `failed` or `oom`, `reason` one line, `log` the rest."""

    def __init__(self, status: str, reason: str, log: str = "") -> None:
        super().__init__(reason)
        self.status, self.reason, self.log = status, reason, log


@dataclass(frozen=True, slots=True)
class _Done:
    result: Any


@dataclass(frozen=True, slots=True)
class _Failed:
    error: MdfError | None
    status: str
    reason: str
    log: str


def run(job: Callable[..., Any], *arguments: object, report: Report, log: Path) -> Any:
    """Run `job(report, *arguments)` in a worker process and return what it returns.

    `job` is a module-level function; its events come to `report` in this process; what it prints goes to the
    file `log`. Raises the job's own MdfError, or WorkerError where it crashed or was killed.
    """
    make_folder(log.parent)
    context = _context()
    mine, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(theirs, str(log), job, arguments), daemon=True)
    resource_tracker.ensure_running()  # its start would let interrupts through again
    with _without_main_module(), _without_interrupts():
        process.start()
    theirs.close()
    try:
        message = _listen(mine, process.sentinel, report)
    finally:
        mine.close()
        process.join(GRACE if sys.exc_info()[0] is None else 0)
        if process.is_alive():
            process.kill()
            process.join()
    if isinstance(message, _Done):
        return message.result
    if isinstance(message, _Failed):
        if message.error is not None:
            raise message.error
        raise WorkerError(message.status, message.reason, message.log)
    raise _death(process.exitcode, log)


def _listen(connection: Connection, sentinel: int, report: Report) -> _Done | _Failed | None:
    """Pass events on until the result comes; None where the worker died before it sent one."""
    while True:
        ready = wait([connection, sentinel])
        while True:
            try:
                message = connection.recv() if connection.poll() else None
            except (EOFError, OSError):  # OSError: it was killed amid a message
                return None
            if isinstance(message, (_Done, _Failed)):
                return message
            if message is None:
                break
            report(message)
        if sentinel in ready:
            return None


def _death(exitcode: int | None, log: Path) -> WorkerError:
    code = exitcode or 0
    if code >= 0:
        return WorkerError("failed", f"the worker process left with exit code {code}", _tail(log))
    name = signal.Signals(-code).name
    if name == "SIGKILL":
        return WorkerError("oom", "the worker process was killed (SIGKILL): most likely out of memory", _tail(log))
    return WorkerError("failed", f"the worker process crashed ({name})", _tail(log))


def _tail(log: Path) -> str:
    try:
        return log.read_text(encoding="utf-8", errors="replace")[-4000:]
    except OSError:
        return ""


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


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Hold Ctrl-C back while the server starts: it inherits that, and must not die of what is meant for the parent."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(connection: Connection, log: str, job: Callable[..., Any], arguments: tuple[object, ...]) -> None:
    """The worker's side."""
    _send_output_to(Path(log))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    _end_with_parent()
    try:
        connection.send(_Done(job(connection.send, *arguments)))
    except MdfError as error:
        connection.send(_Failed(_plain(error), "failed", error.message, ""))
    except BaseException as error:
        traceback.print_exc()
        connection.send(_Failed(None, _status(error), _one_line(error), traceback.format_exc()))


def _plain(error: MdfError) -> MdfError:
    """`error` as the nearest class of the core: a plugin's own class may not pickle, or not in the parent."""
    kind = next(k for k in type(error).__mro__ if k.__module__ == errors.__name__)
    if isinstance(error, DivergedError):
        return DivergedError(error.message, error.hint, step=error.step)
    return cast(type[MdfError], kind)(error.message, error.hint)


def _send_output_to(log: Path) -> None:
    """Everything that this process and its libraries print goes to the log."""
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.close(handle)
    faulthandler.enable()


def _end_with_parent() -> None:
    parent = mp.parent_process()

    def watch() -> None:
        assert parent is not None
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, name="mdf-end-with-parent", daemon=True).start()


def _status(error: BaseException) -> str:
    return "oom" if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" else "failed"


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
