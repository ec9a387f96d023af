"""Why a worker ended without a result. Torch-free."""

from __future__ import annotations

import signal
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
COUNTERS = ("memory.events", "memory.oom_control")
"""Where Linux counts a group's out-of-memory kills: in the unified hierarchy (v2), and in that of memory (v1)."""


class WorkerError(Exception):
    """A job's worker ended without a result. `status` is `failed`, `oom` or `timeout`, `reason` one line, `log` the
    rest."""

    def __init__(self, status: str, reason: str, log: str = "") -> None:
        super().__init__(reason)
        self.status, self.reason, self.log = status, reason, log


def cause_of_death(exitcode: int, log: Path, oom_kills_before: int | None) -> WorkerError:
    """What `exitcode` (negative: a signal) means; `oom_kills_before` is `oom_kills()` when the worker began."""
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
        "failed", "the worker process was killed (SIGKILL), and not by the system for want of memory", _tail(log)
    )


def oom_kills() -> int | None:
    """How many processes of this process' memory group the kernel has killed for memory so far; None if unknown.

    Counters: Linux' Documentation/admin-guide/cgroup-v2.rst (`memory.events`) and cgroup-v1/memory.rst
    (`memory.oom_control`).
    """
    for folder in _groups():
        for name in COUNTERS:
            try:
                lines = (folder / name).read_text(encoding="ascii").split("\n")
                return next(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
            except (OSError, ValueError, IndexError, StopIteration):
                continue
    return None


def _groups() -> list[Path]:
    """The folders of this process' memory group; a container shows its own as the root."""
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    found = []
    for _, controllers, path in (line.split(":", 2) for line in lines):
        if controllers == "" or "memory" in controllers.split(","):
            root = CGROUPS / "memory" if controllers else CGROUPS
            found += [root / path.lstrip("/"), root]
    return found


def _tail(log: Path) -> str:
    try:
        return log.read_text(encoding="utf-8", errors="replace")[-4000:]
    except OSError:
        return ""
