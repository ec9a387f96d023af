"""A sink's failures over time: when it is tried again, and what is told of it. Torch-free."""

from __future__ import annotations

import time

from mdf.core.address import place
from mdf.core.errors import MdfError

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a sink that is down is tried again; each further pause is twice as long."""


class Outage:
    """Whether something is down, since when, and until when it is left alone.

    It goes down with one kind of item, and is up again when it takes one of that kind: what only takes events still
    says nothing of a disk that is full for pictures.
    """

    def __init__(self) -> None:
        self.kind: type | None = None
        self.until = 0.0
        self._since = 0.0
        self._pause = FIRST_PAUSE
        self._told = ""

    @property
    def pauses(self) -> bool:
        """Whether it is left alone now."""
        return self.kind is not None and time.monotonic() < self.until

    def failed(self, kind: type, error: MdfError) -> str:
        """It did not take an item of `kind`. Gives what is to be told: each new reason once."""
        now = time.monotonic()
        if self.kind is None:
            self._since, self._pause, self._told = now, FIRST_PAUSE, ""
        self.kind, self.until = kind, now + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
        why = place(error.message)
        if why == self._told:
            return ""
        self._told = why
        return f"{why}; watching goes on, and it is tried again"

    def worked(self, kind: type) -> str:
        """It took an item of `kind`. Gives what is to be told, if it was down."""
        if self.kind is not kind:
            return ""
        self.kind = None
        return f"works again after {time.monotonic() - self._since:.0f} s"
