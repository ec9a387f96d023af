"""From objects and conditions to events: each begins once, is updated now and then, and ends once. Torch-free."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mdf.core.event import Event, EventKind, Phase, TrackedObject
from mdf.inference.live.objects.conditions import Condition

CHANGED = "settings changed"
Key = tuple[str, int, str]
"""What an open event is about: its kind, the object's number (0 = none), the zone ("" = none)."""
ZONE_AFTER, CROWD_AFTER, CAMERA_AFTER = 0.3, 1.0, 2.0
"""Seconds that it must hold before an event of a zone, of a crowd, or of the camera begins."""
AT_ONCE: frozenset[str] = frozenset({"light changed", "camera lost", "camera frozen"})
"""Kinds that begin without delay: what tells of them has waited already."""


@dataclass(slots=True)
class _Open:
    id: str
    kind: EventKind
    begun: float
    told: float
    sequence: int = 0
    object: TrackedObject | None = None
    zone: str = ""
    details: Mapping[str, float | str] = field(default_factory=dict)


class Events:
    """The events of one camera.

    Attributes:
        begun: how many have begun.
    """

    def __init__(
        self,
        camera: str,
        token: str,
        *,
        appear: float,
        cool_off: float,
        update: float,
        crowd: int | None,
        schedule: Sequence[str],
    ) -> None:
        """`token` makes ids unique: no other run may have it, unless it tells the same events."""
        self._camera, self._token = camera, token
        self._open: dict[Key, _Open] = {}
        self._conditions: dict[Key, Condition] = {}
        self.begun = 0
        self.change(appear=appear, cool_off=cool_off, update=update, crowd=crowd, schedule=schedule)

    def change(
        self, *, appear: float, cool_off: float, update: float, crowd: int | None, schedule: Sequence[str]
    ) -> None:
        """Other times and hours. What has begun goes on, and ends by the new ones."""
        self._appear, self._cool_off, self._update, self._crowd = appear, cool_off, update, crowd
        self._schedule = schedule
        for (kind, _, _), condition in self._conditions.items():
            condition.end_after = 0.0 if kind in AT_ONCE else cool_off

    def step(
        self, objects: Sequence[TrackedObject], last_seen: Mapping[int, float], time: float, wall: float
    ) -> Iterator[Event]:
        """The events of a frame with these objects; `last_seen` also holds those that may come back."""
        for one in objects:
            key = ("appeared", one.id, "")
            if key in self._open:
                yield from self._updated(key, one, time, wall)
            elif time - one.since >= self._appear:
                yield from self._begin(key, time, wall, object=one)
        yield from self._left(last_seen, time, wall)
        yield from self._in_zones(objects, time, wall)
        if self._crowd is not None:
            many = len([one for one in objects if ("appeared", one.id, "") in self._open])
            yield from self.condition("crowd", many >= self._crowd, time, wall, {"objects": float(many)})

    def condition(
        self,
        kind: EventKind,
        holds: bool,
        time: float,
        wall: float,
        details: Mapping[str, float | str] | None = None,
        reason: str = "over",
    ) -> Iterator[Event]:
        """Take whether something that is about no object holds now."""
        key = (kind, 0, "")
        after = 0.0 if kind in AT_ONCE else CROWD_AFTER if kind == "crowd" else CAMERA_AFTER
        condition = self._conditions.setdefault(key, Condition(after, 0.0 if kind in AT_ONCE else self._cool_off))
        change = condition.step(holds, time)
        if change == "begin":
            yield from self._begin(key, time, wall, details=details or {})
        elif change == "end":
            yield from self._end(key, reason, time, wall)

    def stopped(self, one: TrackedObject, time: float, wall: float) -> Iterator[Event]:
        """An object has stood still for long."""
        if ("stopped", one.id, "") not in self._open:
            yield from self._begin(("stopped", one.id, ""), time, wall, object=one)

    def moves_again(self, one: TrackedObject, time: float, wall: float) -> Iterator[Event]:
        """An object that may have stopped moves."""
        yield from self._end(("stopped", one.id, ""), "moved", time, wall)

    def is_told(self, number: int) -> bool:
        """Whether the object has appeared."""
        return ("appeared", number, "") in self._open

    def end_object(self, number: int, reason: str, time: float, wall: float) -> Iterator[Event]:
        """End every event about an object."""
        for key in [key for key in self._open if key[1] == number]:
            yield from self._end(key, reason, time, wall)
        for key in [key for key in self._conditions if key[1] == number]:
            del self._conditions[key]

    def end_zones(self, zones: Collection[str], time: float, wall: float) -> Iterator[Event]:
        """End the events of zones that are not among these, and a crowd that is looked for no more."""
        for key in [key for key in self._conditions if key[0] == "in zone" and key[2] not in zones]:
            yield from self._end(key, CHANGED, time, wall)
            del self._conditions[key]
        crowd: Key = ("crowd", 0, "")
        if self._crowd is None and crowd in self._conditions:
            yield from self._end(crowd, CHANGED, time, wall)
            del self._conditions[crowd]

    def end_objects(self, reason: str, time: float, wall: float) -> Iterator[Event]:
        """End every event about any object."""
        for number in sorted({key[1] for key in (*self._open, *self._conditions) if key[1]}):
            yield from self.end_object(number, reason, time, wall)

    def end_all(self, reason: str, time: float, wall: float) -> Iterator[Event]:
        """End every event."""
        yield from self.end_objects(reason, time, wall)
        for key in list(self._open):
            yield from self._end(key, reason, time, wall)
        self._conditions.clear()

    def _left(self, last_seen: Mapping[int, float], time: float, wall: float) -> Iterator[Event]:
        for number in sorted({key[1] for key in (*self._open, *self._conditions) if key[1]}):
            if time - last_seen.get(number, -self._cool_off) >= self._cool_off or number not in last_seen:
                yield from self.end_object(number, "left", time, wall)

    def _in_zones(self, objects: Sequence[TrackedObject], time: float, wall: float) -> Iterator[Event]:
        seen = {one.id: one for one in objects if self.is_told(one.id)}
        for one in seen.values():
            for zone in one.zones:
                self._conditions.setdefault(("in zone", one.id, zone), Condition(ZONE_AFTER, self._cool_off))
        for key in [key for key in self._conditions if key[0] == "in zone" and key[1] in seen]:
            one = seen[key[1]]
            change = self._conditions[key].step(key[2] in one.zones, time)
            if change == "begin":
                yield from self._begin(key, time, wall, object=one, zone=key[2])
            elif change == "end":
                yield from self._end(key, "left", time, wall)
            elif key in self._open:
                yield from self._updated(key, one, time, wall)

    def _begin(
        self,
        key: Key,
        time: float,
        wall: float,
        object: TrackedObject | None = None,
        zone: str = "",
        details: Mapping[str, float | str] | None = None,
    ) -> Iterator[Event]:
        if not self._on_duty(wall):
            return
        self.begun += 1
        kind: EventKind = key[0]  # type: ignore[assignment]
        opened = _Open(
            f"{self._camera}-{self._token}-{self.begun:06d}", kind, time, time, 0, object, zone, details or {}
        )
        self._open[key] = opened
        yield self._event(opened, "begin", time, wall)

    def _updated(self, key: Key, one: TrackedObject, time: float, wall: float) -> Iterator[Event]:
        opened = self._open[key]
        opened.object = one
        if self._update and time - opened.told >= self._update:
            opened.told, opened.sequence = time, opened.sequence + 1
            yield self._event(opened, "update", time, wall)

    def _end(self, key: Key, reason: str, time: float, wall: float) -> Iterator[Event]:
        opened = self._open.pop(key, None)
        if opened is None:
            return
        opened.sequence += 1
        opened.details = {**opened.details, "seconds": round(time - opened.begun, 3)}
        yield self._event(opened, "end", time, wall, reason)

    def _event(self, opened: _Open, phase: Phase, time: float, wall: float, reason: str = "") -> Event:
        return Event(
            opened.id,
            opened.sequence,
            phase,
            opened.kind,
            self._camera,
            time,
            wall,
            reason,
            opened.object,
            opened.zone,
            opened.details,
        )

    def _on_duty(self, wall: float) -> bool:
        """Whether events are told at this time of the day, by the local clock."""
        if not self._schedule:
            return True
        now = datetime.fromtimestamp(wall).strftime("%H:%M")
        spans = [span.split("-") for span in self._schedule]
        return any(begin <= now < end if begin <= end else now >= begin or now < end for begin, end in spans)
