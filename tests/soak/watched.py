"""`mdf watch` as a process: its events as they come, what it holds, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from process import children, command_line

PLUGIN = Path(__file__).with_name("soak_plugin.py")
SMALL = ["--size", "120x160", "--threads", "1"]
"""Its network works at half its size: what is asked here is not how well it sees."""
Line = dict[str, Any]


class BrokenPromiseError(Exception):
    """What was promised did not happen."""


class Watched:
    """One `mdf watch mdf-small`.

    Attributes:
        events: the phases of events that it has printed.
        pid: its process id.
    """

    def __init__(self, source: str, *options: str, folder: Path, env: Mapping[str, str] | None = None) -> None:
        command = [
            sys.executable,
            "-m",
            "mdf",
            "-p",
            str(PLUGIN),
            "watch",
            "mdf-small",
            source,
            "--json",
            *SMALL,
            *options,
        ]
        self._errors = folder / "stderr.txt"
        with self._errors.open("w") as errors:
            environment = {**os.environ, **(env or {})}
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
        self.pid = self._process.pid
        self.events: list[Line] = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self.events.append(json.loads(line))
                self._changed.notify_all()

    def count(self, kind: str, phase: str) -> int:
        """How many phases of events of this kind were printed."""
        return sum((one["kind"], one["phase"]) == (kind, phase) for one in self.events)

    def wait(self, what: str, holds: Callable[[], bool], seconds: float) -> None:
        """Wait until something holds. Raises BrokenPromiseError if it does not for so long, or if `mdf watch` ends."""
        end = time.monotonic() + seconds
        while not holds():
            if self._process.poll() is not None:
                raise BrokenPromiseError(
                    f"mdf watch ended with {self._process.returncode} before {what}: {self.said()[-400:]}"
                )
            if time.monotonic() > end:
                raise BrokenPromiseError(f"no {what} within {seconds:g} s")
            with self._changed:
                self._changed.wait(0.2)

    def wait_for(self, kind: str, phase: str, count: int, seconds: float = 600.0) -> None:
        """Wait until `count` of these phases were printed."""
        self.wait(f"{kind} {phase} number {count}", lambda: self.count(kind, phase) >= count, seconds)

    @property
    def readers(self) -> list[int]:
        """Its capture processes."""
        return [one for one in children(self.pid) if "spawn_main" in command_line(one)]

    def said(self) -> str:
        """What it has written to stderr."""
        return self._errors.read_text()

    def stop(self) -> int:
        """SIGTERM; its exit code once it has ended."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(120)
        self._reader.join(10)
        return code

    def kill(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()


@contextmanager
def watched(source: str, *options: str, folder: Path, env: Mapping[str, str] | None = None) -> Iterator[Watched]:
    """`mdf watch` that surely ends."""
    one = Watched(source, *options, folder=folder, env=env)
    try:
        yield one
    finally:
        one.kill()


def lines_of(path: Path) -> list[Line]:
    """A file of JSON Lines, without a line that is being written."""
    return [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]


def check_whole(events: Sequence[Line]) -> None:
    """Every event begins once and ends once, and no phase is told twice. Raises BrokenPromiseError."""
    phases = Counter((one["id"], one["sequence"]) for one in events)
    if max(phases.values(), default=1) > 1:
        raise BrokenPromiseError(f"{sum(n > 1 for n in phases.values())} phases were told twice")
    begun, ended = (Counter(one["id"] for one in events if one["phase"] == phase) for phase in ("begin", "end"))
    if begun != ended or max(begun.values(), default=1) > 1:
        raise BrokenPromiseError(f"{len(begun)} events began, {len(ended)} ended")
    times = [one["time"] for one in events]
    if times != sorted(times):
        raise BrokenPromiseError("the time of events ran back")


def check_file(path: Path, told: Sequence[Line]) -> None:
    """A file of events holds what was told, in order. Raises BrokenPromiseError."""
    held = lines_of(path)
    if held != told:
        same = sum(one == other for one, other in zip(held, told, strict=False))
        raise BrokenPromiseError(f"{path.name} has {len(held)} lines, {same} of them in place, of {len(told)} told")


def expect(what: str, found: object, wanted: object) -> None:
    """Raise BrokenPromiseError where they differ."""
    if found != wanted:
        raise BrokenPromiseError(f"{what}: {found}, not {wanted}")
