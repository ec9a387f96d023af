"""The worker's side: does the jobs that its parent sends, and sends back what came of each. Torch-free itself."""

from __future__ import annotations

import errno
import faulthandler
import gc
import os
import signal
import traceback
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, ClassVar, Generic, NoReturn, TypeAlias

from mdf.core import errors
from mdf.core.errors import DivergedError, MdfError, StorageError
from mdf.core.files import CURE, encodable
from mdf.core.processes import end_with_parent, preload_failures
from mdf.registry import Discovery, hand_over
from mdf.workers.exit import WorkerError
from mdf.workers.job import Arguments, Job, Result
from mdf.workers.malloc import keep_freed_memory

TAKES_NO_MORE = {errno.ENOSPC, errno.EROFS, getattr(errno, "EDQUOT", errno.ENOSPC)}


@dataclass(frozen=True, slots=True)
class Call(Generic[*Arguments, Result]):
    """A job with its arguments. `discovery` is what the parent found of plugins."""

    job: Job[*Arguments, Result]
    arguments: tuple[*Arguments]
    discovery: Discovery | None


AnyCall: TypeAlias = "Call[*tuple[Any, ...], Any]"


@dataclass(frozen=True, slots=True)
class NotPreloaded:
    """The server, from which this worker was forked, could not import `module`."""

    module: str
    reason: str


@dataclass(frozen=True, slots=True)
class Done:
    """The job returned `result`."""

    result: Any
    is_ok: ClassVar[bool] = True

    def outcome(self) -> Any:
        """What the job returned."""
        return self.result


@dataclass(frozen=True, slots=True)
class Failed:
    """The job raised: an MdfError, or something else of which the text is left."""

    error: MdfError | None
    status: str
    reason: str
    log: str
    is_ok: ClassVar[bool] = False

    def outcome(self) -> NoReturn:
        """Raises the job's own error, or WorkerError with the text that is left of another."""
        if self.error is not None:
            raise self.error
        raise WorkerError(self.status, self.reason, self.log)


def work(connection: Connection, log: str, call: AnyCall, stays: bool) -> None:
    """Make `call` and send Done or Failed; with `stays`, make the next one that is sent, until the parent closes.

    Everything that is printed goes to the file `log`.
    """
    _send_output_to(Path(log))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    end_with_parent()
    keep_freed_memory()
    gc.freeze()  # what the server imported is no garbage: looking through it would take long, and copy its memory
    for module, reason in preload_failures().items():
        connection.send(NotPreloaded(module, reason))
    _do(call, connection)
    while stays:
        try:
            call = connection.recv()
        except EOFError:
            return
        _do(call, connection)


def _do(call: AnyCall, connection: Connection) -> None:
    hand_over(call.discovery)
    try:
        connection.send(Done(call.job.load()(connection.send, *call.arguments)))
    except MdfError as error:
        plain = _plain(error)
        connection.send(Failed(plain, "failed", plain.message, ""))
    except BaseException as error:
        with suppress(OSError):  # where the disk is full, the log is too
            traceback.print_exc()
        text = encodable(traceback.format_exc())
        connection.send(Failed(_disk_error(error), _status(error), _one_line(error), text))


def _disk_error(error: BaseException) -> StorageError | None:
    """The error where the disk took no more of what the job, or a library, wrote: that is no fault of the job."""
    if isinstance(error, OSError) and error.errno in TAKES_NO_MORE:
        return StorageError(f"cannot write {error.filename or 'to the disk'}: {error.strerror}", CURE)
    return None


def _plain(error: MdfError) -> MdfError:
    """`error` as the nearest class of the core: a plugin's own class may not pickle, or not load in the parent."""
    message, hint = encodable(error.message), encodable(error.hint)
    if isinstance(error, DivergedError):
        return DivergedError(message, hint, step=error.step)
    kinds: dict[str, type[MdfError]] = {k.__name__: k for k in vars(errors).values() if isinstance(k, type)}
    kind = next(k.__name__ for k in type(error).__mro__ if k.__module__ == errors.__name__)
    return kinds[kind](message, hint)


def _send_output_to(log: Path) -> None:
    """Everything that this process and its libraries print goes to the log."""
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.close(handle)
    faulthandler.enable()


def _status(error: BaseException) -> str:
    return "oom" if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" else "failed"


def _one_line(error: BaseException) -> str:
    text = encodable(" ".join(str(error).split()))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
