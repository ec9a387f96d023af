"""Events that a sink could not take before the end: kept in a file, for the next start. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

from mdf.core.errors import StorageError
from mdf.core.event import Event, read_event
from mdf.core.files import make_folder, write_text

MOST = 10_000
"""Phases of events that are kept; of more the newest."""
PATIENCE = 10.0
"""Seconds to wait for another watch that writes the same file."""


class Undelivered:
    """What waits for one sink between two starts.

    What was read stays in the file until all of it was delivered, so that a crash loses nothing: what was delivered
    before it may come a second time, under the same id and sequence. Several watches may share the file. Each takes out
    only what it has delivered itself.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._left: set[tuple[str, int]] = set()
        self._delivered: set[tuple[str, int]] = set()

    def read(self) -> list[Event]:
        """What an earlier run could not deliver, in order; nothing where it cannot be read."""
        try:
            events = self._events()
        except OSError:
            return []
        self._left = set(map(_key, events))
        return events

    def keep(self, events: Sequence[Event]) -> None:
        """Keep these too, and no longer what was delivered. Raises StorageError, OSError."""
        gone = self._delivered | set(map(_key, events))
        if not gone:
            return
        make_folder(self.path.parent)
        with FileLock(self.path.with_name(f".{self.path.name}.lock"), timeout=PATIENCE):
            waiting = [*(event for event in self._events() if _key(event) not in gone), *events][-MOST:]
            if waiting:
                write_text(self.path, "".join(f"{event.json}\n" for event in waiting))
            else:
                self.path.unlink(missing_ok=True)

    def delivered(self, event: Event) -> None:
        """The sink has done with it. After the last one that was read these leave the file; one that cannot be written
        is read again."""
        if _key(event) not in self._left:
            return
        self._left.remove(_key(event))
        self._delivered.add(_key(event))
        if not self._left:
            with suppress(StorageError, OSError):
                self.keep([])

    def _events(self) -> list[Event]:
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        lines = text.split("\n")  # `splitlines` would also split at characters that JSON leaves as they are
        return [event for event in map(read_event, lines) if event is not None][-MOST:]


def _key(event: Event) -> tuple[str, int]:
    return event.id, event.sequence
