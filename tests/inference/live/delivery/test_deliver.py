"""How events and pictures are handed to sinks that are slow, down or broken."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from mdf.core.component import ComponentConfig
from mdf.core.errors import SinkError, StorageError
from mdf.core.event import Event
from mdf.core.sink import Sink, View
from mdf.inference.live.delivery import deliver, outage
from mdf.inference.live.delivery.deliver import Delivery

EVENT = Event("yard-1", 0, "begin", "appeared", "yard", 0.0, 0.0)
VIEW = View("yard", 0, 0.0, 0.0, np.zeros((4, 4, 3), np.uint8))


class Planned(Sink):
    """Fails as often as it is told, and keeps what it took."""

    wants_views = True

    def __init__(self, *errors: Exception) -> None:
        super().__init__(ComponentConfig(), "nowhere")
        self.errors = list(errors)
        self.took: list[Event | View] = []
        self.goes_on = threading.Event()
        self.goes_on.set()

    def event(self, event: Event) -> None:
        self.goes_on.wait()
        if self.errors:
            raise self.errors.pop(0)
        self.took.append(event)

    def view(self, view: View) -> None:
        self.event(view)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outage, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(deliver, "FIRST_PAUSE", 0.01)


def eventually(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + 30
    while not holds() and time.monotonic() < end:
        time.sleep(0.005)
    return holds()


@pytest.mark.parametrize("error", [SinkError("nobody answers"), StorageError("the disk is full")])
def test_an_event_that_was_not_taken_is_given_again_and_its_trouble_told_once(error: Exception) -> None:
    sink = Planned(error, error, error)
    delivery = Delivery("hook", sink)
    both = [EVENT, replace(EVENT, sequence=1, phase="end")]
    for one in both:
        delivery.event(one)
    assert eventually(lambda: len(sink.took) == 2)
    delivery.close()
    assert sink.took == both
    down, up = delivery.take_messages()
    assert down.startswith(f"hook: {error.args[0]}; watching goes on")
    assert up.startswith("hook: works again")


def test_what_a_sink_never_wants_is_passed_over() -> None:
    sink = Planned(SinkError("too large", again=False))
    delivery = Delivery("hook", sink)
    delivery.event(EVENT)
    delivery.event(replace(EVENT, sequence=1))
    delivery.close()
    assert [one.sequence for one in sink.took if isinstance(one, Event)] == [1]
    assert delivery.dropped[Event] == 1


def test_a_slow_sink_gets_all_events_and_loses_pictures_which_are_counted() -> None:
    sink = Planned()
    sink.goes_on.clear()
    delivery = Delivery("slow", sink)
    for _ in range(30):
        delivery.offer(VIEW, wait=False)
        delivery.event(EVENT)
    assert delivery.waiting(View) == deliver.WAITING[View]
    sink.goes_on.set()
    delivery.close()
    assert sum(isinstance(one, Event) for one in sink.took) == 30
    assert delivery.dropped[View] == 30 - sum(isinstance(one, View) for one in sink.took)
    assert delivery.take_messages() == [f"slow: {delivery.dropped[View]} frames were dropped"]


def test_the_queue_is_bounded_and_updates_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "WAITING", {Event: 3, View: 8})
    sink = Planned()
    sink.goes_on.clear()
    delivery = Delivery("slow", sink)
    delivery.event(EVENT)  # the sink is busy with it
    assert eventually(lambda: delivery.waiting(Event) == 0)
    phases = ["begin", "update", "begin", "end", "end"]
    for number, phase in enumerate(phases, 1):
        delivery.event(replace(EVENT, sequence=number, phase=phase))  # type: ignore[arg-type]
    sink.goes_on.set()
    delivery.close()
    assert [one.sequence for one in sink.took if isinstance(one, Event)] == [0, 3, 4, 5]
    assert delivery.dropped[Event] == 2


def test_pictures_are_dropped_while_the_disk_is_full_and_taken_again_when_there_is_room() -> None:
    sink = Planned(StorageError("the disk is full"))
    delivery = Delivery("video", sink)
    delivery.offer(VIEW, wait=True)
    assert eventually(lambda: not delivery.works)
    delivery.event(EVENT)  # says nothing of the disk
    assert eventually(lambda: bool(delivery.offer(VIEW, wait=True) or delivery.works))
    delivery.close()
    assert len(sink.took) >= 2


def test_any_other_failure_ends_the_sink_alone() -> None:
    sink = Planned(RuntimeError("broken at http://user:secret@host"))
    delivery = Delivery("odd", sink)
    delivery.event(EVENT)
    assert eventually(lambda: not delivery.works)
    delivery.event(EVENT)
    delivery.close()
    delivery.close()
    stopped, lost = delivery.take_messages()
    assert not delivery.wants_views
    assert stopped.startswith("odd has stopped, and watching goes on: RuntimeError: broken")
    assert "secret" not in stopped
    assert lost == "odd: 2 phases of events were not delivered"


def test_one_that_is_down_at_the_end_is_soon_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "DOWN_PATIENCE", 0.1)
    delivery = Delivery("hook", Planned(*[SinkError("nobody answers")] * 100_000))
    delivery.event(EVENT)
    delivery.event(EVENT)
    delivery.close()
    assert delivery.take_messages()[-1] == "hook: 2 phases of events were not delivered"
