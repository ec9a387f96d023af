"""Made-up events, and what waits for something to happen."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

from mdf.core.event import Event, TrackedObject

SOMEBODY = TrackedObject(1, (0.1, 0.2, 0.3, 0.9), 0.1, depth=4.2, depth_unit="m")
Phase = Literal["begin", "update", "end"]


def told(number: int, sequence: int = 0, phase: Phase = "begin", camera: str = "yard") -> Event:
    """One phase of the event with this number."""
    return Event(f"{camera}-a-{number:06d}", sequence, phase, "appeared", camera, 1.0, 2.0, object=SOMEBODY)


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether something comes true within half a minute."""
    end = time.monotonic() + 30
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return holds()
