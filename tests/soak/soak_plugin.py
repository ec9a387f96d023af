"""A plugin with a camera that has all troubles of a camera, a sink that is slow, and a wall clock that can be set.

Where the environment names a file as `MDF_SOAK_CLOCK`, the seconds in it are added to what `time.time` says in the
processes of `mdf watch`: the machine's own clock is left alone.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from mdf.core.component import ComponentConfig
from mdf.core.errors import SourceError
from mdf.core.event import Event
from mdf.core.hooks import hookimpl
from mdf.core.sink import Sink, View
from mdf.core.source import Source, SourceFrame
from mdf.core.spec import Spec
from mdf.core.video.stream import decode_stream

DARKER = 0.5
"""What of the levels is left when the light is off."""
LONGEST = 1.0
"""Seconds to wait until a frame is taken, at most: then it is passed over."""

CLOCK, _machine_clock = os.environ.get("MDF_SOAK_CLOCK"), time.time


def _set_clock() -> float:
    """What the wall clock says."""
    assert CLOCK is not None
    return _machine_clock() + float(Path(CLOCK).read_text())


if CLOCK:
    time.time = _set_clock


@hookimpl
def mdf_sources() -> list[Spec]:
    return [Spec("troubled", f"{__name__}:Troubled", "A film over and over, as a live camera.", variant="FILE")]


@hookimpl
def mdf_sinks() -> list[Spec]:
    return [Spec("slow", f"{__name__}:Slow", "Takes its time.", variant="NAME")]


class Troubled(Source):
    """Plays a film over and over, as a live camera that can be opened again: at its own speed, or where the machine is
    too slow for that, as fast as frames are taken.

    With troubles, every third showing of the film switches the light, and others have a pause, a connection that drops,
    and a stall. All of it happens where the film is empty (`at`). A file counts frames that were taken, and showings:
    it outlives this process.
    """

    class Config(ComponentConfig):
        """What goes wrong."""

        counter: str = Field(description="File that counts frames taken and showings.")
        troubles: bool = Field(False, description="Whether anything goes wrong.")
        at: float = Field(0.0, description="Second of the film at which it goes wrong.")
        rate: float = Field(25.0, description="Frames a second.")

    live = returns = True
    config: Config

    def frames(self) -> Iterator[SourceFrame]:
        """Play."""
        self._counter = Counter(Path(self.config.counter))
        self._wanted = threading.Event()
        self._wanted.set()
        due = time.monotonic()
        while True:
            showing = self._counter.showings
            for number, frame in enumerate(decode_stream("film", self.address, None, {}, None)):
                second = number / self.config.rate
                if self.config.troubles and second == self.config.at:
                    self._trouble(showing)
                due = max(due + 1 / self.config.rate, time.monotonic())
                time.sleep(max(0.0, due - time.monotonic()))
                self._wanted.wait(LONGEST)
                self._wanted.clear()
                yield SourceFrame(partial(self._taken, frame, self._is_dark(showing, second)))
            self._counter.add_showing()

    def _trouble(self, showing: int) -> None:
        if showing % 4 == 2:
            time.sleep(2.0)
        elif showing % 6 == 3:
            self._counter.add_showing()
            raise SourceError("the connection dropped")
        elif showing % 9 == 5:
            self._counter.add_showing()
            time.sleep(3600)

    def _is_dark(self, showing: int, second: float) -> bool:
        """The light goes off in every sixth showing, and on again three showings later."""
        if not self.config.troubles:
            return False
        switches = showing // 3 + (showing % 3 == 1 and second >= self.config.at) + (showing % 3 == 2)
        return bool(switches % 2)

    def _taken(self, frame: SourceFrame, dark: bool) -> NDArray[np.uint8]:
        self._counter.add_frame()
        self._wanted.set()
        pixels = frame.pixels()
        return (pixels * DARKER).astype(np.uint8) if dark else pixels


class Counter:
    """Frames taken and showings, in a file that outlives its writer."""

    def __init__(self, path: Path) -> None:
        path.touch()
        path.open("r+b").truncate(16)
        self._numbers = np.memmap(path, np.int64, "r+", shape=(2,))

    @property
    def frames(self) -> int:
        """Frames that mdf took."""
        return int(self._numbers[0])

    @property
    def showings(self) -> int:
        """Showings that the film has had, those that broke off after the visit among them."""
        return int(self._numbers[1])

    def add_frame(self) -> None:
        """One more frame."""
        self._numbers[0] += 1

    def add_showing(self) -> None:
        """One more showing."""
        self._numbers[1] += 1


class Slow(Sink):
    """Takes 0.4 s for a view, and 0.1 s for an event."""

    wants_views = True

    def event(self, event: Event) -> None:  # noqa: ARG002
        """Take it, slowly."""
        time.sleep(0.1)

    def view(self, view: View) -> None:  # noqa: ARG002
        """Take it, slowly."""
        time.sleep(0.4)
