"""One camera's frames over its whole life: opened, watched for stalls, opened again with growing pauses. Torch-free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mdf.core.errors import ConfigError, DataError
from mdf.core.footage import CodedPacket, CodedStream
from mdf.core.image import Pixels
from mdf.inference.live.capture.clock import StreamClock
from mdf.inference.live.capture.messages import Closed, Opened, Shot, Wanted

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a source that dropped is opened again; each further pause is twice as long."""
OPENING = 30.0
"""Seconds that a source may take until its first frame."""


class Process(Protocol):
    """A capture process as a feed uses it."""

    def ask(self, wanted: Wanted) -> None:
        """Ask for one more frame."""

    def take(self) -> Opened | Shot | Closed | None:
        """The next message, if there is one."""

    def kill(self) -> None:
        """End it."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A frame with its place in the camera's life.

    Attributes:
        number: frames that the camera gave before it since watching began, those passed over among them.
        passed_over: how many were passed over since the last one that arrived.
        time: seconds since the first frame, or since the first try where that failed; never runs back.
        wall: seconds since 1970.
        arrived: `time.monotonic()` when it had been read.
        frame_size: (height, width) of the frame itself.
        small: h×w×3 uint8 at the network's size. native: H×W×3 uint8, where it is wanted.
        stream, packets: the coded pictures since the frame before it, where somebody records.
    """

    number: int
    passed_over: int
    time: float
    wall: float
    arrived: float
    frame_size: tuple[int, int]
    small: Pixels
    native: Pixels | None
    stream: CodedStream | None = None
    packets: tuple[CodedPacket, ...] = ()


@dataclass(frozen=True, slots=True)
class Lost:
    """The source dropped or stalled, and is opened again after a pause."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The source has ended, and does not come back."""


class Feed:
    """The frames of one camera. `poll` never waits, and raises where the source cannot be read at all.

    A source that does not open the first time is an error, unless the feed is `patient` and the source may come back:
    other cameras then go on, and this one is tried again like one that was lost.

    Attributes:
        name: the camera's name.
        wanted: what is wanted of each frame. stall: seconds without a frame after which the source is opened again.
            Both may be changed.
        live: whether the newest frame counts; None = not known yet.
        opened: how often the source has been opened.
        passed_over: frames that were passed over, in all.
        ended: whether it gives nothing any more.
    """

    def __init__(self, name: str, start: Callable[[], Process], stall: float, patient: bool = False) -> None:
        self.name, self._start, self.stall, self._patient = name, start, stall, patient
        self.wanted = Wanted()
        self._first_try: float | None = None
        self.live: bool | None = None
        self._returns = False
        self.opened = self.passed_over = 0
        self.ended = False
        self._clock = StreamClock()
        self._stream: CodedStream | None = None
        self._process: Process | None = None
        self._next = 0
        self._begun_at = 0
        self._pause = FIRST_PAUSE
        self._open_at: float | None = 0.0
        self._due = 0.0
        self._works = self._ever = False

    @property
    def process(self) -> Process | None:
        """The capture process that runs now."""
        return self._process

    def tried_for(self, now: float) -> float:
        """Seconds since the first try at `time.monotonic()` = `now`."""
        return 0.0 if self._first_try is None else now - self._first_try

    def ask(self) -> None:
        """The camera is ready for one more frame."""
        if self._process is not None:
            self._process.ask(self.wanted)

    def poll(self, now: float) -> Arrived | Lost | Ended | None:
        """What there is to know at `time.monotonic()` = `now`; None = nothing.

        Raises
            DataError, ConfigError: the source cannot be read at all, or did not open the first time.
        """
        if self.ended:
            return None
        if self._process is None:
            if self._open_at is not None and now >= self._open_at:
                self._open(now)
            return None
        while (message := self._process.take()) is not None:
            if isinstance(message, Shot):
                return self._arrived(message, now)
            if isinstance(message, Closed):
                return self._closed(message, now)
            self.live, self._returns = message.live, message.returns
            self._ask_ahead()
        if self.live is not False and now > self._due:
            return self._closed(Closed(True, False, f"{self.name} gave no frame for {self._limit:g} s"), now)
        return None

    def close(self) -> None:
        """End the capture process."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    @property
    def _limit(self) -> float:
        return self.stall if self._works else max(self.stall, OPENING)

    def _open(self, now: float) -> None:
        self._works = False
        self._first_try = now if self._first_try is None else self._first_try
        self._process = self._start()
        self.opened += 1
        self._begun_at = self._next
        self._due = now + self._limit
        self._clock.opened_again()

    def _ask_ahead(self) -> None:
        """A live source is asked when its frame is wanted; of others a few frames are always on their way."""
        for _ in range(1 if self.live else 3):
            self.ask()

    def _arrived(self, shot: Shot, now: float) -> Arrived:
        if not self._ever and self.opened > 1:
            self._clock.waited(self.tried_for(now))
        self._works = self._ever = True
        self._pause = FIRST_PAUSE
        self._due = now + self._limit
        number = self._begun_at + shot.number
        passed = number - self._next
        self._next = number + 1
        self.passed_over += passed
        time = self._clock.time(shot.seconds, shot.arrived, bool(self.live))
        packets = () if shot.coded is None else shot.coded.packets
        if shot.coded is not None and shot.coded.stream is not None:
            self._stream = shot.coded.stream
        place = number, passed, time, shot.wall, shot.arrived
        return Arrived(*place, shot.frame_size, shot.small, shot.native, self._stream, packets)

    def _closed(self, closed: Closed, now: float) -> Lost | Ended:
        self.close()
        may_come = self._returns and (self._ever or self._patient)
        if closed.failed and (closed.usage or not may_come):
            raise (ConfigError if closed.usage else DataError)(f"{self.name}: {closed.message}", closed.hint)
        if not self._returns:
            self.ended = True
            return Ended()
        if closed.final and not self._ever:  # a wrong password, asked often, may lock the account
            self._pause = LONGEST_PAUSE
        self._open_at = now + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
        return Lost(closed.message or "the stream ended")
