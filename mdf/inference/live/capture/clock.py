"""The time of a camera's frames: the stream's own, made to run on over gaps and new starts. Torch-free."""

from __future__ import annotations

JUMP = 5.0
"""Seconds by which a live stream's own time may differ from the machine's before it is not believed."""
LEAST = 1e-3


class StreamClock:
    """Gives each frame a time in seconds, from 0, later than that of the frame before it.

    A step is that of the stream's own times. Where they are unknown, run back, jump, or begin again after the source
    was opened anew, it is the time that passed on this machine (of a source that is not live: a usual step).
    """

    def __init__(self) -> None:
        self._time = 0.0
        self._seconds: float | None = None
        self._arrived: float | None = None
        self._usual = 0.04

    def waited(self, seconds: float) -> None:
        """The first frame comes `seconds` after the source was asked for it."""
        self._time = seconds

    def opened_again(self) -> None:
        """The stream's own times begin anew."""
        self._seconds = None

    def time(self, seconds: float | None, arrived: float, live: bool) -> float:
        """The time of a frame with the stream's time `seconds`, which arrived at `time.monotonic()` = `arrived`."""
        if self._arrived is not None:
            passed = max(LEAST, arrived - self._arrived)
            own = None if seconds is None or self._seconds is None else seconds - self._seconds
            if own is not None and own > 0 and not (live and abs(own - passed) > JUMP):
                self._time, self._usual = self._time + own, own
            else:
                self._time += passed if live else self._usual
        self._seconds, self._arrived = seconds, arrived
        return self._time
