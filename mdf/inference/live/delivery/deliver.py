"""Sinks at work: each in a thread of its own, so that a slow one never stops a camera. Torch-free."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from functools import partial

from mdf.core.address import place
from mdf.core.errors import MdfError, SinkError, StorageError
from mdf.core.event import Event
from mdf.core.footage import Footage
from mdf.core.sink import Sink, View
from mdf.inference.live.delivery.outage import FIRST_PAUSE, Outage
from mdf.inference.live.delivery.undelivered import Undelivered
from mdf.registry.reasons import describe

Item = Event | View | Footage
WAITING: Mapping[type[Item], int] = {Event: 10_000, View: 8, Footage: 250}
"""Items of each kind that wait for a sink at most."""
LOST: Mapping[type[Item], str] = {
    Event: "phases of events were not delivered",
    View: "frames were dropped",
    Footage: "frames were not recorded",
}
PATIENCE, DOWN_PATIENCE = 60.0, 5.0
"""Seconds that a sink has at the end to take what waits; and one that is down."""
GRACE = 15.0
"""Seconds that it has to come back from its last call, and to finish."""


class Delivery:
    """Hands events, views and footage to one sink, in order.

    Of a live camera, pictures are dropped and counted while the sink is busy. A file waits for its sink. A sink that is
    down (`SinkError`, `StorageError`) is given the same event again, after growing pauses, and no pictures meanwhile.
    Events are dropped only where too many wait, updates first. What it could not take before the end waits in its file
    for the next start, if it has one. A sink that fails otherwise gets no more.

    Attributes:
        name: how the sink was asked for, without secrets.
        dropped: how many items of each kind were dropped.
    """

    def __init__(self, name: str, sink: Sink) -> None:
        self.name, self._sink = place(name), sink
        self.dropped: Counter[type[Item]] = Counter()
        self._items: deque[Item] = deque()
        self._waiting: Counter[type[Item]] = Counter()
        self._changed = threading.Condition()
        self._messages: list[str] = []
        self._has_failed = False
        self._outage = Outage()
        self._until: float | None = None  # once it is closed: when it has had its time
        self._is_closed = False
        self._in_hand: Item | None = None
        self._before: Undelivered | None = None
        self._read_kept()
        self._thread = threading.Thread(target=self._run, name=f"mdf-sink-{self.name}", daemon=True)
        self._thread.start()

    @property
    def wants_views(self) -> bool:
        """Whether it takes views now."""
        return self._sink.wants_views and not self._has_failed

    @property
    def wants_footage(self) -> bool:
        """Whether it takes coded pictures now."""
        return self._sink.wants_footage and not self._has_failed

    @property
    def works(self) -> bool:
        """Whether it took what it was given last."""
        return not self._has_failed and self._outage.kind is None

    def waiting(self, kind: type[Item]) -> int:
        """How many items of a kind wait for it."""
        return self._waiting[kind]

    def event(self, event: Event) -> None:
        """Hand over a phase of an event. Where too many wait, an update is dropped, or the oldest."""
        with self._changed:
            if self._has_failed:
                self.dropped[Event] += 1
                return
            if self._waiting[Event] >= WAITING[Event]:
                self._make_room()
            self._add(event)

    def offer(self, item: View | Footage, wait: bool) -> None:
        """Hand over pictures; where too many wait already, with `wait` when there is room, else they are dropped."""
        kind = type(item)
        with self._changed:
            if wait:
                self._changed.wait_for(lambda: self._has_room_for(kind) or not self._takes_more)
            if self._has_room_for(kind) and self._takes_more:
                self._add(item)
            else:
                self.dropped[kind] += 1

    def take_messages(self) -> list[str]:
        """What there is to tell of it since the last time, a line each."""
        with self._changed:
            messages, self._messages = self._messages, []
            return messages

    def finish(self) -> None:
        """Nothing more comes. The sink takes what waits, and finishes; one that is down is soon given up."""
        with self._changed:
            if self._until is not None:
                return
            self._until = time.monotonic() + (PATIENCE if self.works else DOWN_PATIENCE)
            self._changed.notify_all()

    def close(self) -> None:
        """Wait until it has finished. What it did not take is counted and told, once. May be called from any thread."""
        self.finish()
        assert self._until is not None
        self._thread.join(max(0.0, self._until - time.monotonic()) + GRACE)
        with self._changed:
            if self._is_closed:
                return
            self._is_closed = True
            self._keep()
            for kind, what in LOST.items():
                self.dropped[kind] += self._waiting.pop(kind, 0)
                if self.dropped[kind]:
                    self._messages.append(f"{self.name}: {self.dropped[kind]} {what}")

    def _read_kept(self) -> None:
        """Put what waits in the sink's file in front, as soon as it is known which one that is."""
        if self._before is not None or self._sink.undelivered is None:
            return
        before = Undelivered(self._sink.undelivered)
        waiting = before.read()
        with self._changed:
            if self._is_closed:
                return  # what waits stays in the file
            self._before = before
            self._items.extendleft(reversed(waiting))
            self._waiting[Event] += len(waiting)
            while self._waiting[Event] > WAITING[Event]:
                self._make_room()
            self._changed.notify_all()

    def _keep(self) -> None:
        """Put the events that were not delivered into the sink's file, if it has one."""
        file = self._before or (Undelivered(self._sink.undelivered) if self._sink.undelivered else None)
        events = [item for item in (self._in_hand, *self._items) if isinstance(item, Event)]
        if isinstance(self._in_hand, Event):
            self._waiting[Event] += 1
        if file is None or self._has_failed:
            return
        try:
            file.keep(events)
        except (StorageError, OSError) as error:
            self._messages.append(f"{self.name}: {error}")
            return
        self._waiting[Event] = 0
        if events:
            self._messages.append(f"{self.name}: {len(events)} phases of events wait in {file.path} for the next start")

    def _add(self, item: Item) -> None:
        self._items.append(item)
        self._waiting[type(item)] += 1
        self._changed.notify_all()

    def _has_room_for(self, kind: type[Item]) -> bool:
        return self._waiting[kind] < WAITING[kind]

    @property
    def _takes_more(self) -> bool:
        """Whether what can be dropped is worth handing over."""
        return not self._has_failed and self._until is None and not self._outage.pauses

    def _make_room(self) -> None:
        events = [item for item in self._items if isinstance(item, Event)]
        self._items.remove(next((one for one in events if one.phase == "update"), events[0]))
        self._waiting[Event] -= 1
        self.dropped[Event] += 1

    def _run(self) -> None:
        self._give(Event, self._sink.open)
        self._read_kept()
        while not self._has_failed and (item := self._next()) is not None:
            given = self._give(type(item), partial(self._take, item))
            with self._changed:
                if not given and isinstance(item, Event) and self._is_late():
                    break  # it is still in hand
                self._in_hand = None
                self.dropped[type(item)] += not given
            if isinstance(item, Event) and self._before is not None and not self._is_closed:
                self._before.delivered(item)
        try:
            self._sink.close()  # it keeps what it has written
        except Exception as error:
            self._tell_failure(error)

    def _take(self, item: Item) -> None:
        if isinstance(item, Event):
            self._sink.event(item)
        elif isinstance(item, View):
            self._sink.view(item)
        else:
            self._sink.footage(item)

    def _next(self) -> Item | None:
        """The next item, when there is one; None = nothing more comes, or it has had its time."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._until is not None)
            if not self._items or self._is_late():
                return None
            item = self._items.popleft()
            self._waiting[type(item)] -= 1
            self._in_hand = item
            self._changed.notify_all()
            return item

    def _give(self, kind: type[Item], take: Callable[[], None]) -> bool:
        """Let the sink take something, an event again and again; whether it took it."""
        while not self._has_failed:
            try:
                take()
            except (SinkError, StorageError) as error:
                self._has_gone_down(kind, error)
                if kind is not Event or not getattr(error, "again", True) or not self._may_try_again():
                    return False
            except Exception as error:
                self._tell_failure(error)
            else:
                self._is_up(kind)
                return True
        return False

    def _may_try_again(self) -> bool:
        """Wait until it is tried again; whether it still has time."""
        with self._changed:
            self._changed.wait_for(lambda: self._until is not None, self._outage.until - time.monotonic())
            if self._until is not None:
                self._changed.wait(FIRST_PAUSE)
            return not self._is_late()

    def _is_late(self) -> bool:
        return self._until is not None and time.monotonic() > self._until

    def _has_gone_down(self, kind: type[Item], error: MdfError) -> None:
        with self._changed:
            if message := self._outage.failed(kind, error):
                self._messages.append(f"{self.name}: {message}")
            if self._until is not None:
                self._until = min(self._until, time.monotonic() + DOWN_PATIENCE)
            self._changed.notify_all()

    def _is_up(self, kind: type[Item]) -> None:
        with self._changed:
            if message := self._outage.worked(kind):
                self._messages.append(f"{self.name}: {message}")

    def _tell_failure(self, error: Exception) -> None:
        with self._changed:
            why = place(error.message if isinstance(error, MdfError) else describe(error))
            self._messages.append(f"{self.name} has stopped, and watching goes on: {why}")
            self._has_failed = True
            self._changed.notify_all()
