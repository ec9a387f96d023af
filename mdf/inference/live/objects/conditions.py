"""Hysteresis: a condition begins when it has held for a while, and ends when it has not for a while. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(slots=True)
class Condition:
    """Whether something holds, without flicker.

    >>> door = Condition(begin_after=1.0, end_after=2.0)
    >>> [door.step(holds, time) for time, holds in enumerate([True, True, False, True, False, False, False])]
    [None, 'begin', None, None, None, None, 'end']

    Attributes:
        begin_after, end_after: seconds that it must hold, or not hold, before it begins or ends.
        active: whether it has begun and not ended.
        since: when it began, or would.
    """

    begin_after: float
    end_after: float
    active: bool = False
    since: float = 0.0
    _changed: float | None = None

    def step(self, holds: bool, time: float) -> Literal["begin", "end"] | None:
        """Take whether it holds at `time`; says where it begins or ends."""
        if holds == self.active:
            self._changed = None
            return None
        if self._changed is None:
            self._changed = time
        if time - self._changed < (self.end_after if self.active else self.begin_after):
            return None
        self.active, self.since, self._changed = holds, self._changed, None
        return "begin" if holds else "end"
