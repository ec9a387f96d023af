"""Events as JSON Lines."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import Field

from mdf.core.component import ComponentConfig
from mdf.core.errors import StorageError
from mdf.core.event import Event, json_line
from mdf.core.files import CURE
from mdf.core.sink import Sink

INTERRUPTED = "interrupted"


class JsonLines(Sink):
    """Adds one line to a file for each phase of each event, synced at once.

    No line is written twice: phases that the file holds already are passed over, so watching the same file again adds
    nothing. When it starts, half a line that a crash left is removed. Events that a crash left open get an `end` with
    the reason `interrupted`, once their camera tells events of a new run.

    Each line has the fields of `mdf.core.event.Event`, and `clock`, the wall clock as text.
    """

    class Config(ComponentConfig):
        """How it is written."""

        sync: bool = Field(True, description="Whether each line is on the disk before the next event.")

    config: Config

    def __init__(self, config: Config, target: str) -> None:
        super().__init__(config, target)
        path = Path(target).expanduser()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a+b")
            self._known, self._left_open = self._read()
        except OSError as error:
            raise StorageError(f"cannot write {target}: {error.strerror or error}", CURE) from error

    def event(self, event: Event) -> None:
        """Add a line."""
        self._left_open.pop(event.id, None)
        self._end_interrupted([line for line in self._left_open.values() if _is_of_an_earlier_run(line, event)])
        if (event.id, event.sequence) not in self._known:
            self._known.add((event.id, event.sequence))
            self._add({"clock": event.clock, **asdict(event)})
        if event.phase == "end":
            self._forget(event.id)

    def close(self) -> None:
        """End the events that an earlier run left open, and close the file."""
        self._end_interrupted(list(self._left_open.values()))
        self._file.close()

    def _end_interrupted(self, lines: list[dict[str, Any]]) -> None:
        for line in lines:
            self._add({**line, "sequence": line["sequence"] + 1, "phase": "end", "reason": INTERRUPTED})
            del self._left_open[line["id"]]

    def _forget(self, event: str) -> None:
        """An event of a live source that has ended is told by nobody again; of a file the run is short."""
        if len(self._known) > 100_000:
            self._known = {key for key in self._known if key[0] != event}

    def _add(self, line: dict[str, object]) -> None:
        data = f"{json_line(line)}\n".encode()
        start = self._file.seek(0, os.SEEK_END)
        try:
            self._file.write(data)
            self._file.flush()
            if self.config.sync:
                os.fsync(self._file.fileno())
        except OSError as error:
            self._file.truncate(start)
            raise StorageError(f"cannot write {self.target}: {error.strerror or error}", CURE) from error

    def _read(self) -> tuple[set[tuple[str, int]], dict[str, dict[str, Any]]]:
        """The phases that the file holds, and the last line of each event that has not ended."""
        known: set[tuple[str, int]] = set()
        left_open: dict[str, dict[str, Any]] = {}
        self._file.seek(0)
        whole = 0
        for text in self._file:
            if not text.endswith(b"\n"):
                self._file.truncate(whole)
                break
            whole += len(text)
            try:
                line = json.loads(text)
                key = (str(line["id"]), int(line["sequence"]))
            except (ValueError, KeyError, TypeError):
                continue
            known.add(key)
            left_open[key[0]] = line
            if line.get("phase") == "end":
                del left_open[key[0]]
        return known, left_open


def _is_of_an_earlier_run(line: dict[str, Any], event: Event) -> bool:
    """Whether a line's event was told by another run about the same camera: all ids of a run begin alike."""
    return line.get("camera") == event.camera and _run(str(line["id"])) != _run(event.id)


def _run(event: str) -> str:
    return event.rpartition("-")[0]
