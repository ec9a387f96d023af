"""Planted sources, trackers and sinks: good ones, and ones with one defect each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from mdf.core.component import ComponentConfig
from mdf.core.errors import SourceError
from mdf.core.event import Event
from mdf.core.sink import Sink, View
from mdf.core.source import Source, SourceFrame
from mdf.core.tracker import Detection, Track, Tracker


class GoodSource(Source):
    def frames(self) -> Iterator[SourceFrame]:
        for number in range(int(self.address)):
            yield SourceFrame(partial(np.zeros, (8, 12, 3), np.uint8), number / 25)


class UnbuildableSource(GoodSource):
    def __init__(self, config: ComponentConfig, address: str) -> None:
        raise RuntimeError(f"no camera at {address} today, with {config}")


class FloatSource(GoodSource):
    def frames(self) -> Iterator[SourceFrame]:
        yield SourceFrame(partial(np.zeros, (8, 12, 3), np.float32), 0.0)


class BackwardSource(GoodSource):
    def frames(self) -> Iterator[SourceFrame]:
        yield from reversed(list(super().frames()))


class HintlessSource(GoodSource):
    def frames(self) -> Iterator[SourceFrame]:
        raise SourceError("it does not work")
        yield


class GoodTracker(Tracker):
    """Objects are told apart by their depth alone, and forgotten after a second."""

    first = 1

    def __init__(self, config: ComponentConfig) -> None:
        super().__init__(config)
        self._known: dict[int, tuple[int, float]] = {}
        self._next = self.first

    def step(self, detections: Sequence[Detection], time: float) -> list[Track]:
        self._known = {depth: known for depth, known in self._known.items() if time - known[1] <= 1}
        tracks = []
        for index, detection in enumerate(detections):
            depth = round(detection.depth)
            if depth not in self._known:
                self._known[depth] = (self._number(), time)
            number = self._known[depth][0]
            self._known[depth] = (number, time)
            tracks.append(Track(number, detection.box, detection.depth, (0.0, 0.0), 0.0, index))
        return tracks

    def _number(self) -> int:
        self._next += 1
        return self._next - 1


class UnbuildableTracker(GoodTracker):
    def __init__(self, config: ComponentConfig) -> None:
        raise RuntimeError(f"nobody to follow with {config}")


class RenamingTracker(GoodTracker):
    def step(self, detections: Sequence[Detection], time: float) -> list[Track]:
        self._known = {}
        self._next = self._next % 7
        return super().step(detections, time)


class DoublingTracker(GoodTracker):
    def step(self, detections: Sequence[Detection], time: float) -> list[Track]:
        tracks = super().step(detections, time)
        if len(tracks) < 2:
            return tracks
        return [Track(t.id, t.box, t.depth, t.velocity, t.depth_rate, 0) for t in tracks]


class EndlessTracker(GoodTracker):
    def step(self, detections: Sequence[Detection], time: float) -> list[Track]:
        tracks = super().step(detections, time)
        return tracks or [Track(1, (0.0, 0.0, 0.1, 0.1), 1.0, (0.0, 0.0), 0.0, None)]


class GoodSink(Sink):
    wants_views = True

    def __init__(self, config: ComponentConfig, target: str) -> None:
        super().__init__(config, target)
        self._file = Path(target).open("a")  # noqa: SIM115 - `close` closes it

    def event(self, event: Event) -> None:
        self._file.write(f"{event.id} {event.phase}\n")

    def close(self) -> None:
        self._file.close()


class UnbuildableSink(GoodSink):
    def __init__(self, config: ComponentConfig, target: str) -> None:
        raise RuntimeError(f"no room for {target}, with {config}")


class FailingSink(GoodSink):
    def view(self, view: View) -> None:
        if view.mask is None:
            raise ValueError("there is no mask")


class PaintingSink(GoodSink):
    def view(self, view: View) -> None:
        view.pixels[:] = 0
