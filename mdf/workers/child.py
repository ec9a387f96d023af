"""The worker's side of a job: it does it, and sends what came of it. Torch-free itself."""

from __future__ import annotations

import errno
import faulthandler
import gc
import importlib
import multiprocessing as mp
import os
import signal
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, cast

from mdf.core import errors
from mdf.core.errors import DivergedError, MdfError, StorageError
from mdf.core.files import CURE, encodable
from mdf.workers.malloc import keep_freed_memory

TAKES_NO_MORE = {errno.ENOSPC, errno.EROFS, getattr(errno, "EDQUOT", errno.ENOSPC)}


@dataclass(frozen=True, slots=True)
class Done:
    """The job returned `result`."""

    result: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """The job raised: an MdfError, or something else of which the text is left."""

    error: MdfError | None
    status: str
    reason: str
    log: str


def work(connection: Connection, log: str, job: str, arguments: tuple[object, ...]) -> None:
    """Do `job(connection.send, *arguments)` and send Done or Failed; all that is printed goes to the file `log`.

    `job` names a function: `package.module:function`.
    """
    _send_output_to(Path(log))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    _end_with_parent()
    keep_freed_memory()
    gc.freeze()  # what the server imported is no garbage: looking through it would take long, and copy its memory
    try:
        connection.send(Done(named(job)(connection.send, *arguments)))
    except MdfError as error:
        plain = _plain(error)
        connection.send(Failed(plain, "failed", plain.message, ""))
    except BaseException as error:
        with suppress(OSError):  # where the disk is full, the log is too
            traceback.print_exc()
        connection.send(Failed(_of_disk(error), _status(error), _one_line(error), encodable(traceback.format_exc())))


def named(job: str) -> Callable[..., Any]:
    """The function that `package.module:function` names."""
    module, _, function = job.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found


def _of_disk(error: BaseException) -> StorageError | None:
    """What is no fault of the job: the disk took no more of what it, or a library, wrote."""
    if isinstance(error, OSError) and error.errno in TAKES_NO_MORE:
        return StorageError(f"cannot write {error.filename or 'to the disk'}: {error.strerror}", CURE)
    return None


def _plain(error: MdfError) -> MdfError:
    """`error` as the nearest class of the core: a plugin's own class may not pickle, or not in the parent."""
    kind = next(k for k in type(error).__mro__ if k.__module__ == errors.__name__)
    message, hint = encodable(error.message), encodable(error.hint)
    if isinstance(error, DivergedError):
        return DivergedError(message, hint, step=error.step)
    return cast(type[MdfError], kind)(message, hint)


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
    text = encodable(" ".join(str(error).split()))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
