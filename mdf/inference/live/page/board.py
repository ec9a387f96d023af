"""What the page shows: of each camera the newest view, and the last events with their snapshots."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, replace

from mdf.core.annotate import annotate
from mdf.core.component import ComponentConfig
from mdf.core.event import Event
from mdf.core.sink import Sink, View
from mdf.inference.live.page.pictures import SNAPSHOT_WIDTH, jpeg, shrunk

EVENTS_KEPT = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """The newest view of a camera, and `time.monotonic()` when it came."""

    view: View
    came: float


@dataclass(frozen=True, slots=True)
class Told:
    """One event.

    Attributes:
        serial: counts phases of all events; the highest is the newest.
        first, last: its first and its newest phase.
        snapshot: the frame of its beginning as JPEG; None where there was none.
    """

    serial: int
    first: Event
    last: Event
    snapshot: bytes | None


class Board(Sink):
    """Takes views and events of all cameras; other threads read them. Its memory does not grow with time.

    Taking a view keeps a reference alone, so the page never slows a camera.
    """

    wants_views = True

    def __init__(self) -> None:
        super().__init__(ComponentConfig(), "page")
        self._lock = threading.Lock()
        self._shown: dict[str, Shown] = {}
        self._told: OrderedDict[str, Told] = OrderedDict()
        self._serial = 0

    def view(self, view: View) -> None:
        """Take the newest view of a camera."""
        with self._lock:
            self._shown[view.camera] = Shown(view, time.monotonic())

    def event(self, event: Event) -> None:
        """Take one phase of an event; at its beginning the newest frame becomes its snapshot."""
        snapshot = self._snapshot(event) if event.phase == "begin" else None
        with self._lock:
            self._serial += 1
            known = self._told.get(event.id)
            if known is None:
                self._told[event.id] = Told(self._serial, event, event, snapshot)
                while len(self._told) > EVENTS_KEPT:
                    self._told.popitem(last=False)
            else:
                self._told[event.id] = replace(known, serial=self._serial, last=event)

    def shown(self, camera: str) -> Shown | None:
        """The newest view of a camera, once there is one."""
        with self._lock:
            return self._shown.get(camera)

    def told(self, after: int = 0) -> list[Told]:
        """The events of which a phase came after the serial number `after`, the oldest first."""
        with self._lock:
            return sorted((one for one in self._told.values() if one.serial > after), key=lambda one: one.serial)

    def snapshot(self, event: str) -> bytes | None:
        """An event's snapshot as JPEG."""
        with self._lock:
            known = self._told.get(event)
        return known.snapshot if known is not None else None

    def open_conditions(self, camera: str) -> list[Event]:
        """The first phases of events about a camera itself that have not ended."""
        return [one.first for one in self.told() if one.first.camera == camera and _is_open_condition(one)]

    def _snapshot(self, event: Event) -> bytes | None:
        shown = self.shown(event.camera)
        if shown is None:
            return None
        small = replace(shown.view, pixels=shrunk(shown.view.pixels, SNAPSHOT_WIDTH))
        return jpeg(annotate(small), SNAPSHOT_WIDTH)


def _is_open_condition(told: Told) -> bool:
    return told.last.phase != "end" and told.first.object is None
