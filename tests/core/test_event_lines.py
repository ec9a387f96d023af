"""Events as they leave the program: times to the millisecond, and read back as they were told."""

from __future__ import annotations

import json
from dataclasses import replace

from mdf.core.event import Event, TrackedObject, read_event

EVENT = Event("yard-a-000001", 0, "begin", "appeared", "yard", 12.399999999, 1777890030.1296)
SOMEBODY = TrackedObject(1, (0.1, 0.2, 0.3, 0.9), 0.123456789, since=11.8000000001)


def test_times_are_told_to_the_millisecond() -> None:
    told = replace(EVENT, object=SOMEBODY).told
    assert (told["time"], told["wall"], told["object"]["since"]) == (12.4, 1777890030.13, 11.8)
    assert told["clock"].endswith(":30.130+00:00")  # the same moment as `wall`
    assert told["object"]["area"] == 0.123456789


def test_a_line_is_what_is_told_and_reads_as_it() -> None:
    event = replace(EVENT, object=SOMEBODY)
    assert json.loads(event.json) == json.loads(json.dumps(event.told))
    again = read_event(event.json)
    assert again is not None
    assert (again.time, again.json) == (12.4, event.json)


def test_an_event_about_no_object_has_none() -> None:
    assert EVENT.told["object"] is None
