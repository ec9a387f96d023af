"""Events as JSON Lines."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any, BinaryIO

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
    the reason `interrupted`, once their camera tells events of a new run. What the file before it holds counts too.

    A file that has grown to `megabytes` becomes `events.1.jsonl`, the one before it `events.2.jsonl`, and so on up to
    `files` of them; the oldest is removed.

    Each line has the fields of `mdf.core.event.Event`, and `clock`, the wall clock as text.
    """

    class Config(ComponentConfig):
        """How it is written."""

        sync: bool = Field(True, description="Whether each line is on the disk before the next event.")
        megabytes: float | None = Field(64.0, gt=0, description="Size at which another file is begun; none = never.")
        files: int = Field(20, ge=1, description="Full files that are kept beside the one that is written.")

    config: Config

    def __init__(self, config: Config, target: str) -> None:
        super().__init__(config, target)
        self._path = path = Path(target).expanduser()
        self._known: set[tuple[str, int]] = set()
        self._left_open: dict[str, dict[str, Any]] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if self._full(1).is_file():
                with self._full(1).open("rb") as full:
                    self._read(full)
            self._file = path.open("ab", buffering=0)  # a buffer would keep what a full disk refused
            with path.open("rb") as before:
                self._file.truncate(self._read(before))
        except OSError as error:
            raise StorageError(f"cannot write {target}: {error.strerror or error}", CURE) from error

    def event(self, event: Event) -> None:
        """Add a line."""
        self._left_open.pop(event.id, None)
        self._end_interrupted([line for line in self._left_open.values() if _is_of_an_earlier_run(line, event)])
        if (event.id, event.sequence) not in self._known:
            self._add(event.told)
            self._known.add((event.id, event.sequence))
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
            if self.config.megabytes is not None and start and start + len(data) > self.config.megabytes * 1e6:
                self._rotate()
                start = 0
            if self._file.write(data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if self.config.sync:
                os.fsync(self._file.fileno())
        except OSError as error:
            self._file.truncate(start)
            raise StorageError(f"cannot write {self.target}: {error.strerror or error}", CURE) from error

    def _rotate(self) -> None:
        """Begin another file. Nothing is lost where it cannot be done: the next line tries again."""
        for number in range(self.config.files, 1, -1):
            if self._full(number - 1).exists():
                self._full(number - 1).replace(self._full(number))
        self._path.replace(self._full(1))
        full, self._file = self._file, self._path.open("ab", buffering=0)
        full.close()

    def _full(self, number: int) -> Path:
        return self._path.with_suffix(f".{number}{self._path.suffix}")

    def _read(self, file: BinaryIO) -> int:
        """Learn which phases a file holds, and the last line of each event that has not ended; gives how many bytes of
        it are whole lines."""
        whole = 0
        for text in file:
            if not text.endswith(b"\n"):
                break
            whole += len(text)
            try:
                line = json.loads(text)
                key = (str(line["id"]), int(line["sequence"]))
            except (ValueError, KeyError, TypeError):
                continue
            self._known.add(key)
            self._left_open[key[0]] = line
            if line.get("phase") == "end":
                del self._left_open[key[0]]
        return whole


def _is_of_an_earlier_run(line: dict[str, Any], event: Event) -> bool:
    """Whether a line's event was told by another run about the same camera: all ids of a run begin alike."""
    return line.get("camera") == event.camera and _run(str(line["id"])) != _run(event.id)


def _run(event: str) -> str:
    return event.rpartition("-")[0]
