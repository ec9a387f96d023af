"""Events: one a visit, with hysteresis, each phase once; hours in which they are told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import pytest

from mdf.core.event import TrackedObject
from mdf.inference.live.objects.events import Events
from mdf.inference.live.settings.settings import CameraSettings, seconds
from mdf.inference.live.settings.zones import Zone

STEP = 0.1


def events_with(**changes: object) -> Events:
    options = {"appear": 0.4, "cool_off": 1.0, "update": 0.0, "crowd": None, "schedule": ()} | changes
    return Events("yard", "t", **options)  # type: ignore[arg-type]


def story(events: Events, seen: Iterable[bool], zones: Iterable[bool] = (), wall: float = 0.0) -> list[tuple[str, str]]:
    """Kind and phase of what is told while object 1 is seen, or not, and in a zone, or not."""
    told, last, inside = [], {}, [*zones]
    for number, there in enumerate(seen):
        time = round(number * STEP, 6)
        zone = ("door",) if inside and inside[min(number, len(inside) - 1)] else ()
        objects = [TrackedObject(1, (0.1, 0.1, 0.2, 0.5), 0.1, zones=zone)] if there else []
        last |= {one.id: time for one in objects}
        told += [(e.kind, e.phase) for e in events.step(objects, last, time, wall + time)]
    return told


def test_a_visit_with_a_short_break_is_one_event() -> None:
    assert story(events_with(), [True] * 20 + [False] * 8 + [True] * 20 + [False] * 20) == [
        ("appeared", "begin"),
        ("appeared", "end"),
    ]


def test_what_is_seen_for_a_moment_is_no_event() -> None:
    assert story(events_with(), [True] * 3 + [False] * 30) == []


def test_flicker_at_the_border_of_a_zone_is_one_stay() -> None:
    flicker = [number % 3 != 0 for number in range(60)]
    assert story(events_with(), [True] * 90, [False] * 10 + [True] * 5 + flicker + [False] * 20) == [
        ("appeared", "begin"),
        ("in zone", "begin"),
        ("in zone", "end"),
    ]


def test_updates_come_now_and_then() -> None:
    told = story(events_with(update=1.0), [True] * 36)
    assert told == [("appeared", "begin"), *[("appeared", "update")] * 3]


@pytest.mark.parametrize(("hour", "tells"), [(23, True), (3, True), (12, False)])
def test_events_are_told_in_the_hours_of_the_schedule(hour: int, tells: bool) -> None:
    wall = datetime(2026, 5, 4, hour, 30).timestamp()
    assert bool(story(events_with(schedule=("22:00-06:00",)), [True] * 20, wall=wall)) == tells


def test_a_gap_ends_what_is_about_objects_and_nothing_else() -> None:
    events = events_with()
    story(events, [True] * 20)
    list(events.condition("camera lost", True, 3.0, 3.0))
    assert [(e.kind, e.reason) for e in events.end_objects("gap", 4.0, 4.0)] == [("appeared", "gap")]
    assert [(e.kind, e.reason) for e in events.end_all("stopped", 5.0, 5.0)] == [("camera lost", "stopped")]


@pytest.mark.parametrize(
    ("text", "value"),
    [("90", 90), ("1.5m", 90), ("2h", 7200), ("500ms", 0.5), ("never", None), (7, 7), ("soon", "soon")],
)
def test_times_are_written_with_units(text: object, value: object) -> None:
    assert seconds(text) == value


def test_settings_refuse_what_cannot_be() -> None:
    for wrong in ({"smallest": 0}, {"fov": 200}, {"schedule": ("25:00-26:00",)}, {"crowd": 1}, {"gap": "-1"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            CameraSettings(source="a", **wrong)


def test_a_polygon_and_its_pixels_agree() -> None:
    zone = Zone.of("yard", "0.1,0.9;0.5,0.2;0.9,0.9")
    mask = zone.mask((100, 200))
    for x, y in [(0.5, 0.5), (0.2, 0.85), (0.15, 0.3), (0.9, 0.3), (0.5, 0.95)]:
        assert mask[int(y * 100), int(x * 200)] == zone.contains((x, y))
