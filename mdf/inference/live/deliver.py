"""Sinks at work: each in a thread of its own, so that a slow one never stops a camera. Torch-free."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress

from mdf.core.errors import MdfError
from mdf.core.event import Event
from mdf.core.sink import Sink, View
from mdf.registry.reasons import describe

VIEWS_WAITING = 8
"""Views that wait for a sink at most."""
PATIENCE = 60.0
"""Seconds that a sink has to finish at the end."""


class Delivery:
    """Hands events and views to one sink, in order.

    Of a live camera, views are dropped and counted while the sink is busy. A file waits for its sink. Events are never
    dropped. A sink that fails gets no more, and `take_failure` tells why once.

    Attributes:
        name: how the sink was asked for.
        dropped: views that were dropped.
    """

    def __init__(self, name: str, sink: Sink) -> None:
        self.name, self._sink = name, sink
        self.dropped = 0
        self._items: deque[Event | View | None] = deque()
        self._views = 0
        self._changed = threading.Condition()
        self._failure = ""
        self._has_failed = False
        self._thread = threading.Thread(target=self._run, name=f"mdf-sink-{name}", daemon=True)
        self._thread.start()

    @property
    def wants_views(self) -> bool:
        """Whether it takes views now."""
        return self._sink.wants_views and not self._has_failed

    def event(self, event: Event) -> None:
        """Hand over a phase of an event."""
        with self._changed:
            self._items.append(event)
            self._changed.notify_all()

    def view(self, view: View, wait: bool) -> None:
        """Hand over a view; where too many wait already, with `wait` when there is room, else it is dropped."""
        with self._changed:
            if wait:
                self._changed.wait_for(lambda: self._views < VIEWS_WAITING or self._has_failed)
            if self._views >= VIEWS_WAITING or self._has_failed:
                self.dropped += 1
                return
            self._views += 1
            self._items.append(view)
            self._changed.notify_all()

    def take_failure(self) -> str:
        """Why the sink has failed, the first time that it is asked after it did; else ""."""
        with self._changed:
            failure, self._failure = self._failure, ""
            return failure

    def close(self) -> None:
        """Let the sink take what waits, and finish."""
        with self._changed:
            self._items.append(None)
            self._changed.notify_all()
        self._thread.join(PATIENCE)

    def _run(self) -> None:
        while (item := self._take()) is not None:
            if self._has_failed:
                continue
            try:
                self._sink.event(item) if isinstance(item, Event) else self._sink.view(item)
            except Exception as error:
                self._fail(error)
                with suppress(Exception):  # it keeps what it has written
                    self._sink.close()
        if not self._has_failed:
            try:
                self._sink.close()
            except Exception as error:
                self._fail(error)

    def _take(self) -> Event | View | None:
        with self._changed:
            self._changed.wait_for(lambda: self._items)
            item = self._items.popleft()
            self._views -= isinstance(item, View)
            self._changed.notify_all()
            return item

    def _fail(self, error: Exception) -> None:
        with self._changed:
            self._failure = error.message if isinstance(error, MdfError) else describe(error)
            self._has_failed = True
            self._changed.notify_all()
