"""Events that a sink could not take before the end: kept in a file, for the next start. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from mdf.core.event import Event, read_event
from mdf.core.files import make_folder, write_text

MOST = 10_000
"""Phases of events that are kept; of more the newest."""


class Undelivered:
    """What waits for one sink between two starts.

    The file stays until all that it held was delivered, so that a crash loses nothing: what was delivered before it may
    come a second time, under the same id and sequence.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._was_read = False

    def read(self) -> list[Event]:
        """What an earlier run could not deliver, in order; nothing where it cannot be read."""
        self._was_read = True
        return self._lines()

    def keep(self, events: Sequence[Event]) -> None:
        """Keep these, and what nobody has read yet. Raises StorageError."""
        waiting = [*([] if self._was_read else self._lines()), *events][-MOST:]
        if waiting:
            make_folder(self.path.parent)
            write_text(self.path, "".join(f"{event.json}\n" for event in waiting))
        elif self._was_read:
            self.forget()

    def forget(self) -> None:
        """All that was read has been delivered. A file that cannot be removed is read again."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _lines(self) -> list[Event]:
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return []
        return [event for event in map(read_event, lines) if event is not None][-MOST:]
