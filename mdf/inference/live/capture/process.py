"""The parent's side of one capture process. Torch-free."""

from __future__ import annotations

import multiprocessing as mp
import os
from contextlib import suppress
from multiprocessing.connection import Connection

from mdf.core.processes import Handed, starting
from mdf.inference.live.capture.child import capture
from mdf.inference.live.capture.messages import Closed, Opened, Reading, Shot, Wanted

DIED = Closed(failed=True, message="its reading process died")


class Capture:
    """A process that reads one source, and can be killed. It ends when its parent does.

    Attributes:
        handle: what `multiprocessing.connection.wait` waits for.
        pid: its process id.
    """

    def __init__(self, reading: Reading, from_stdin: bool = False) -> None:
        context = mp.get_context("spawn")  # a fresh interpreter: no torch in it, and arguments are in no process list
        self._connection, theirs = context.Pipe(duplex=True)
        stdin = Handed(os.dup(0)) if from_stdin else None
        with starting():
            self._process = context.Process(target=_capture, args=(theirs, reading, stdin), daemon=True)
            self._process.start()
        theirs.close()
        self.handle: Connection = self._connection
        self.pid = self._process.pid

    def ask(self, wanted: Wanted) -> None:
        """Ask for one more frame."""
        with suppress(OSError):  # it has died: `take` says so
            self._connection.send(wanted)

    def take(self) -> Opened | Shot | Closed | None:
        """The next message; None where none is there."""
        try:
            if not self._connection.poll():
                return None
            message: Opened | Shot | Closed = self._connection.recv()
            return message
        except (EOFError, OSError):
            return DIED

    def kill(self) -> None:
        """End it at once, whatever it does."""
        self._connection.close()
        self._process.kill()
        self._process.join()
        self._process.close()


def _capture(connection: Connection, reading: Reading, stdin: object) -> None:
    capture(connection, reading, stdin)
