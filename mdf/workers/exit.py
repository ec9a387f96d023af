"""Why a worker ended without a result. Torch-free."""

from __future__ import annotations

import signal
from pathlib import Path

from mdf.workers.cgroup import oom_kills


class WorkerError(Exception):
    """A job's worker ended without a result.

    Attributes:
        status: `failed`, `oom`, `timeout`, or `interrupted` if its machine was lost.
        reason: why, in one line.
        log: the end of what it printed.
    """

    def __init__(self, status: str, reason: str, log: str = "") -> None:
        super().__init__(reason)
        self.status, self.reason, self.log = status, reason, log


def exit_reason(exitcode: int, log: Path, oom_kills_before: int | None) -> WorkerError:
    """What `exitcode` means (negative: a signal). `oom_kills_before` is `oom_kills()` when the worker began."""
    if exitcode >= 0:
        return WorkerError("failed", f"the worker process left with exit code {exitcode}", _tail(log))
    name = signal.Signals(-exitcode).name
    if name != "SIGKILL":
        return WorkerError("failed", f"the worker process crashed ({name})", _tail(log))
    now = oom_kills()
    if now is None or oom_kills_before is None:
        return WorkerError("oom", "the worker process was killed (SIGKILL): most likely out of memory", _tail(log))
    if now > oom_kills_before:
        return WorkerError("oom", "the system ran out of memory and killed the worker process (SIGKILL)", _tail(log))
    return WorkerError(
        "failed", "the worker process was killed (SIGKILL), but not by the system for lack of memory", _tail(log)
    )


def _tail(log: Path) -> str:
    try:
        return log.read_text(encoding="utf-8", errors="replace")[-4000:]
    except OSError:
        return ""
