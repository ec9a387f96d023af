"""What `mdf watch` tells: events, and the objects that they are about. Torch-free."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from mdf.core.files import encodable, finite
from mdf.core.tracker import Box

Phase = Literal["begin", "update", "end"]
EventKind = Literal[
    "appeared",
    "in zone",
    "stopped",
    "crowd",
    "light changed",
    "camera moved",
    "camera covered",
    "camera defocused",
    "camera frozen",
    "camera lost",
]
"""What an event is about. It begins when the condition holds, and ends when it holds no more."""
MILLISECONDS = 3
"""Decimals of the seconds that are told: as many as the clock's."""


@dataclass(frozen=True, slots=True)
class TrackedObject:
    """One object in a frame.

    Attributes:
        id: its number, unique for this camera and run.
        box: its bounding box.
        outline: its outline, (x, y) as shares of width and height; empty where it is not seen.
        area: its share of the picture, 0–1.
        depth: distance along the viewing axis, in `depth_unit`; None where the network predicts none.
        depth_unit: `m`, or `relative`.
        depth_spread: half of the range between the 16th and the 84th percentile of its depth.
        position: metres to the right of the camera's axis and along it; None without metric depth and `--fov`.
        speed: how fast it moves, in `speed_unit`.
        speed_unit: `m/s`, or `widths/s` without metric depth and `--fov`.
        moving: whether it moves.
        since: the time at which it appeared, in seconds.
        zones: the zones that it stands in.
        confidence: mean foreground probability of its pixels, 0–1.
    """

    id: int
    box: Box
    area: float
    outline: tuple[tuple[float, float], ...] = ()
    depth: float | None = None
    depth_unit: str = "relative"
    depth_spread: float | None = None
    position: tuple[float, float] | None = None
    speed: float = 0.0
    speed_unit: str = "widths/s"
    moving: bool = True
    since: float = 0.0
    zones: tuple[str, ...] = ()
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Event:
    """One phase of one event.

    Attributes:
        id: the same in all phases of an event, and never used for another one.
        sequence: 0 for the beginning, then 1, 2, …; (id, sequence) is unique.
        phase: `begin`, `update` or `end`.
        kind: what it is about.
        camera: the camera's name.
        time: seconds of the stream since watching began; it never runs back.
        wall: the wall clock, in seconds since 1970 (UTC).
        reason: why it ended: `left`, `moved`, `absorbed`, `ghost`, `gap`, `source ended`, `back`, …; else "".
        object: the object that it is about, if it is about one.
        zone: the zone that it is about, if it is about one.
        details: further numbers and words, such as the shift of a moved camera.
    """

    id: str
    sequence: int
    phase: Phase
    kind: EventKind
    camera: str
    time: float
    wall: float
    reason: str = ""
    object: TrackedObject | None = None
    zone: str = ""
    details: Mapping[str, float | str] = field(default_factory=dict)

    @property
    def clock(self) -> str:
        """The wall clock as text, such as `2026-05-04T10:20:30.400+00:00`."""
        return datetime.fromtimestamp(_rounded(self.wall), UTC).isoformat(timespec="milliseconds")

    @property
    def told(self) -> dict[str, Any]:
        """`clock` and all fields, as the event leaves the program: its times to the millisecond."""
        fields = {"clock": self.clock, **asdict(self), "time": _rounded(self.time), "wall": _rounded(self.wall)}
        if self.object is not None:
            fields["object"]["since"] = _rounded(self.object.since)
        return fields

    @property
    def json(self) -> str:
        """What is `told` as one line of JSON; NaN and infinity are null."""
        return json_line(self.told)


def _rounded(seconds: float) -> float:
    return round(seconds, MILLISECONDS)


def json_line(event: Mapping[str, object]) -> str:
    """An event's fields as one line of JSON, without the line's end."""
    return encodable(json.dumps(finite(event), ensure_ascii=False, allow_nan=False))


def read_event(line: str) -> Event | None:
    """The event of a line that `Event.json` wrote; None where it is none."""
    try:
        known = {key: value for key, value in json.loads(line).items() if key in Event.__dataclass_fields__}
        if known.get("object") is not None:
            known["object"] = TrackedObject(**{key: _fixed(value) for key, value in known["object"].items()})
        return Event(**known)
    except (ValueError, TypeError, AttributeError):
        return None


def _fixed(value: Any) -> Any:
    """JSON's lists as the tuples that they were."""
    return tuple(map(_fixed, value)) if isinstance(value, list) else value
