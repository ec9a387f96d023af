"""A camera's frames over its life, with made-up capture processes and a made-up clock: nothing waits."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest

from mdf.core.errors import ConfigError, DataError
from mdf.inference.live.capture.clock import StreamClock
from mdf.inference.live.capture.feed import FIRST_PAUSE, LONGEST_PAUSE, OPENING, Arrived, Ended, Feed, Lost
from mdf.inference.live.capture.messages import Closed, Opened, Shot, Wanted

PIXELS = np.zeros((2, 2, 3), np.uint8)
STALL = 10.0


class Script:
    """A capture process that says what it is told to say."""

    def __init__(self, *messages: Opened | Shot | Closed) -> None:
        self.messages, self.asked, self.killed = deque(messages), 0, False

    def ask(self, wanted: Wanted) -> None:  # noqa: ARG002
        self.asked += 1

    def take(self) -> Opened | Shot | Closed | None:
        return self.messages.popleft() if self.messages else None

    def kill(self) -> None:
        self.killed = True


def shot(number: int, seconds: float | None = None, arrived: float = 0.0) -> Shot:
    return Shot(number, seconds, arrived, 1000.0 + arrived, (2, 2), PIXELS, None)


def feed_of(*scripts: Script) -> Feed:
    waiting = deque(scripts)
    return Feed("yard", waiting.popleft, STALL)


LIVE, FILE = Opened(live=True, returns=True), Opened(live=False, returns=False)


def test_frames_that_were_passed_over_are_counted() -> None:
    feed = feed_of(Script(LIVE, shot(0), shot(4, arrived=0.2), shot(5, arrived=0.3)))
    assert feed.poll(0.0) is None  # it is opened
    items = [feed.poll(0.1) for _ in range(3)]
    assert [(i.number, i.passed_over) for i in items if isinstance(i, Arrived)] == [(0, 0), (4, 3), (5, 0)]
    assert feed.passed_over == 3


def test_a_live_source_is_asked_for_one_frame_and_a_file_for_some_ahead() -> None:
    for opened, asked in ((LIVE, 1), (FILE, 3)):
        script = Script(opened)
        feed = feed_of(script)
        feed.poll(0.0)
        feed.poll(0.0)
        assert script.asked == asked


def test_a_stalled_source_is_killed_and_opened_again_with_growing_pauses() -> None:
    first = Script(LIVE, shot(0))
    later = [Script(LIVE) for _ in range(12)]
    feed = feed_of(first, *later)
    feed.poll(0.0)
    assert isinstance(feed.poll(0.0), Arrived)
    assert feed.poll(STALL - 0.1) is None
    lost = feed.poll(STALL + 0.1)
    assert isinstance(lost, Lost)
    assert first.killed
    now, pauses = STALL + 0.1, []
    for _ in range(9):
        opened = feed.opened
        start = now
        while feed.opened == opened:
            now += 0.05
            feed.poll(now)
        pauses.append(now - start)
        now += OPENING + 0.1
        assert isinstance(feed.poll(now), Lost)
    assert pauses[0] == pytest.approx(FIRST_PAUSE, abs=0.06)
    assert pauses == sorted(pauses)
    assert pauses[-1] == pytest.approx(LONGEST_PAUSE, abs=0.06)


def test_numbers_and_times_run_on_after_a_gap() -> None:
    feed = feed_of(
        Script(LIVE, shot(0, 70.0, 0.0), shot(1, 70.1, 0.1), Closed(failed=True, message="broke off")),
        Script(LIVE, shot(0, 3.0, 6.1), shot(1, 3.1, 6.2)),
    )
    feed.poll(0.0)
    items = [feed.poll(0.1), feed.poll(0.1)]
    assert isinstance(feed.poll(0.2), Lost)
    feed.poll(5.0)
    items += [feed.poll(6.2), feed.poll(6.2)]
    arrived = [i for i in items if isinstance(i, Arrived)]
    assert [i.number for i in arrived] == [0, 1, 2, 3]
    assert [i.time for i in arrived] == pytest.approx([0, 0.1, 6.1, 6.2])


@pytest.mark.parametrize("opened", [LIVE, FILE])
def test_a_source_that_never_worked_is_an_error(opened: Opened) -> None:
    feed = feed_of(Script(opened, Closed(failed=True, message="no route", hint="check it")))
    feed.poll(0.0)
    with pytest.raises(DataError, match="yard: no route") as caught:
        feed.poll(0.1)
    assert caught.value.hint == "check it"


def test_what_was_asked_wrongly_is_a_mistake_and_refused_credentials_are_final() -> None:
    feed = feed_of(Script(Closed(failed=True, final=True, message="no such option", usage=True)))
    feed.poll(0.0)
    with pytest.raises(ConfigError, match="no such option"):
        feed.poll(0.1)


def test_a_file_ends_and_a_damaged_one_fails() -> None:
    feed = feed_of(Script(FILE, shot(0), Closed()))
    feed.poll(0.0)
    assert isinstance(feed.poll(0.1), Arrived)
    assert feed.poll(10_000.0) == Ended()  # it is never called stalled
    assert feed.ended
    broken = feed_of(Script(FILE, shot(0), Closed(failed=True, final=True, message="damaged")))
    broken.poll(0.0)
    broken.poll(0.1)
    with pytest.raises(DataError, match="damaged"):
        broken.poll(0.2)


def test_the_clock_believes_the_stream_unless_it_jumps() -> None:
    clock = StreamClock()
    steps = [(10.0, 0.0), (10.04, 0.1), (10.08, 0.11), (9.0, 0.2), (9.04, 0.25), (500.0, 0.3), (None, 0.4)]
    times = [clock.time(seconds, arrived, live=True) for seconds, arrived in steps]
    assert times == pytest.approx([0, 0.04, 0.08, 0.17, 0.21, 0.26, 0.36])
    recorded = StreamClock()
    assert [recorded.time(s, 0.0, live=False) for s in (0.0, 0.5, 100.5, 100.5)] == pytest.approx(
        [0, 0.5, 100.5, 200.5]
    )


def test_a_patient_feed_tries_again_where_the_first_try_failed() -> None:
    """And its time counts from that try on."""
    failed = Script(LIVE, Closed(failed=True, message="no route"))
    feed = Feed(
        "yard", deque([failed, Script(LIVE, shot(0, 7.0, 3.0), shot(1, 7.5, 3.5))]).popleft, STALL, patient=True
    )
    feed.poll(1.0)
    assert feed.poll(1.1) == Lost("no route")
    feed.poll(3.0)
    arrived = [feed.poll(3.0), feed.poll(3.5)]
    assert [i.time for i in arrived if isinstance(i, Arrived)] == pytest.approx([2.0, 2.5])


def test_a_patient_feed_does_not_hammer_a_camera_that_refused_the_password() -> None:
    refused = Script(LIVE, Closed(failed=True, final=True, message="refused"))
    feed = Feed("yard", deque([refused, Script(LIVE)]).popleft, STALL, patient=True)
    feed.poll(0.0)
    assert feed.poll(0.0) == Lost("refused")
    feed.poll(LONGEST_PAUSE - 1)
    assert feed.opened == 1
    feed.poll(LONGEST_PAUSE + 1)
    assert feed.opened == 2


def test_a_patient_feed_still_ends_where_a_file_is_missing_or_an_option_is_wrong() -> None:
    for opened, closed in (
        (FILE, Closed(failed=True, final=True, message="bad")),
        (LIVE, Closed(True, True, "bad", usage=True)),
    ):
        feed = Feed("yard", deque([Script(opened, closed)]).popleft, STALL, patient=True)
        feed.poll(0.0)
        with pytest.raises((DataError, ConfigError), match="bad"):
            feed.poll(0.1)
