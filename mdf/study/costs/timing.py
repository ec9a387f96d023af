"""Times of a piece of work: warmed up, synchronised, as many as a second allows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from time import perf_counter

from mdf.engine.runtime import Runtime

WARM_UP, FEWEST, MOST = 3, 5, 100
SECONDS = 1.0
"""After so long no further repetition is begun, once there are `FEWEST`."""


class Stopwatch:
    """Times between laps; tells when it has seen enough."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.marks: list[float] = []

    def lap(self) -> None:
        """What was asked of the device before is done; what comes now is the next lap."""
        self.runtime.synchronise()
        self.marks.append(perf_counter())

    @property
    def laps(self) -> list[float]:
        """Seconds of each lap after the warm-up."""
        return [after - before for before, after in zip(self.marks[WARM_UP:], self.marks[WARM_UP + 1 :], strict=False)]

    @property
    def enough(self) -> bool:
        """Whether there are as many as are worth the time."""
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
    """The value that `share` of `values` do not exceed (the nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
