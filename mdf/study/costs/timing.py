"""Times a piece of work: warmed up and synchronised, as often as a second allows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from time import perf_counter

from mdf.engine.runtime import Runtime

WARM_UP, FEWEST, MOST = 3, 5, 100
SECONDS = 1.0
"""After this time no further repetition begins, once there are `FEWEST`."""


class Stopwatch:
    """Takes the times between laps, and says when there are enough."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.marks: list[float] = []

    def lap(self) -> None:
        """Wait for the device, and begin the next lap."""
        self.runtime.synchronise()
        self.marks.append(perf_counter())

    @property
    def laps(self) -> list[float]:
        """Seconds of each lap after the warm-up."""
        return [after - before for before, after in zip(self.marks[WARM_UP:], self.marks[WARM_UP + 1 :], strict=False)]

    @property
    def enough(self) -> bool:
        """Whether more laps are not worth the time."""
        laps = self.laps
        return len(laps) >= MOST or (len(laps) >= FEWEST and sum(laps) >= SECONDS)


def times(work: Callable[[], object], runtime: Runtime) -> list[float]:
    """Seconds of each repetition of `work`."""
    watch = Stopwatch(runtime)
    watch.lap()
    while not watch.enough:
        work()
        watch.lap()
    return watch.laps


def quantile(values: Sequence[float], share: float) -> float:
    """The value that the `share` of `values` does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
