"""What a sink could not take before the end is delivered at the next start, once, and in order."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mdf.core.component import ComponentConfig
from mdf.core.errors import SinkError
from mdf.core.event import Event, TrackedObject, read_event
from mdf.core.sink import Sink
from mdf.inference.live.delivery import deliver, undelivered
from mdf.inference.live.delivery.changed import AfterClosing
from mdf.inference.live.delivery.deliver import Delivery
from mdf.inference.live.delivery.undelivered import Undelivered

ONE = TrackedObject(3, (0.1, 0.2, 0.3, 0.4), 0.02, ((0.1, 0.2), (0.3, 0.4)), 2.5, position=(1.0, 2.0), zones=("a", "b"))
EVENTS = [
    Event("yard-a-1", 0, "begin", "in zone", "yard", 1.0, 1e9, object=ONE, zone="a"),
    Event("yard-a-1", 1, "end", "in zone", "yard", 3.0, 1e9 + 2, "left", ONE, "a", {"seconds": 2.0}),
    Event("yard-a-2", 0, "begin", "camera lost", "yard", 4.0, 1e9 + 3, details={"why": "nobody answers"}),
]


class Away(Sink):
    """Nobody answers while `is_down`."""

    def __init__(self, file: Path, is_down: bool) -> None:
        super().__init__(ComponentConfig(), "nowhere")
        self.undelivered, self.is_down = file, is_down
        self.took: list[Event] = []

    def event(self, event: Event) -> None:
        if self.is_down:
            raise SinkError("nobody answers")
        self.took.append(event)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "DOWN_PATIENCE", 0.1)


def watched(file: Path, events: list[Event], is_down: bool) -> tuple[list[Event], list[str]]:
    sink = Away(file, is_down)
    delivery = Delivery("hook", sink)
    for event in events:
        delivery.event(event)
    delivery.close()
    return sink.took, delivery.take_messages()


def test_an_event_is_read_as_it_was_written() -> None:
    assert [read_event(event.json) for event in EVENTS] == EVENTS
    assert [read_event(line) for line in ("", "{}", "[]", '{"id": 1', '{"object": 3}')] == [None] * 5


def test_it_waits_for_the_next_start_and_then_the_file_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "kept" / "hook.jsonl"
    took, told = watched(file, EVENTS[:2], is_down=True)
    assert (took, told[-1]) == ([], f"hook: 2 phases of events wait in {file} for the next start")
    assert watched(file, EVENTS[2:], is_down=True)[1][-1].startswith("hook: 3 phases")
    assert watched(file, [], is_down=False) == (EVENTS, [])
    assert not file.exists()
    assert watched(file, [], is_down=False) == ([], [])


def test_the_file_is_gone_once_all_was_delivered_and_not_only_at_the_end(tmp_path: Path) -> None:
    file = tmp_path / "hook.jsonl"
    Undelivered(file).keep(EVENTS)
    delivery = Delivery("hook", Away(file, is_down=False))
    end = time.monotonic() + 30
    while file.exists() and time.monotonic() < end:
        time.sleep(0.01)
    assert not file.exists()
    delivery.close()


def test_the_file_is_bounded_and_half_a_line_harms_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undelivered, "MOST", 2)
    Undelivered(tmp_path / "a.jsonl").keep(EVENTS)
    with (tmp_path / "a.jsonl").open("a") as file:
        file.write(EVENTS[0].json[:40])
    assert Undelivered(tmp_path / "a.jsonl").read() == EVENTS[1:]


def test_watches_that_share_a_file_take_out_only_what_they_delivered(tmp_path: Path) -> None:
    file = tmp_path / "hook.jsonl"
    one, other = Undelivered(file), Undelivered(file)
    assert one.read() == other.read() == []
    one.keep(EVENTS[:2])
    other.keep([])
    assert Undelivered(file).read() == EVENTS[:2]
    other.keep(EVENTS[1:])
    late = Undelivered(file)
    assert late.read() == EVENTS
    Undelivered(file).keep([new := replace(EVENTS[0], id="yard-b-1")])
    for event in EVENTS:
        late.delivered(event)
    assert Undelivered(file).read() == [new]


def test_what_a_slow_call_still_delivers_takes_nothing_else_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "PATIENCE", 0.05)
    monkeypatch.setattr(deliver, "GRACE", 0.05)
    file = tmp_path / "hook.jsonl"
    Undelivered(file).keep(EVENTS[:1])
    goes_on, sink = threading.Event(), Away(file, is_down=False)
    monkeypatch.setattr(sink, "event", lambda _: goes_on.wait(10))
    delivery = Delivery("hook", sink)
    delivery.event(EVENTS[1])
    delivery.close()
    goes_on.set()
    delivery._thread.join(10)
    assert EVENTS[1] in Undelivered(file).read()


def test_a_sink_with_other_options_delivers_what_the_old_one_kept(tmp_path: Path) -> None:
    file = tmp_path / "hook.jsonl"
    old, works = Delivery("hook", Away(file, is_down=True)), Away(file, is_down=False)
    for event in EVENTS[:2]:
        old.event(event)
    catalog = SimpleNamespace(load=lambda *_: Away, create=lambda *_: works)
    new = Delivery("hook", AfterClosing(old, cast("Any", catalog), "hook:nowhere", {}))
    new.event(EVENTS[2])
    new.close()
    assert works.took == EVENTS
    assert not file.exists()


def test_any_character_may_be_in_an_event(tmp_path: Path) -> None:
    events = [replace(EVENTS[0], zone="a\u2028b\u2029c\x85d\r\ne")]
    Undelivered(tmp_path / "a.jsonl").keep(events)
    assert Undelivered(tmp_path / "a.jsonl").read() == events


def test_where_it_cannot_be_written_the_loss_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = watched(tmp_path / "file" / "a.jsonl", EVENTS, is_down=True)[1]
    assert told[-1] == "hook: 3 phases of events were not delivered"
