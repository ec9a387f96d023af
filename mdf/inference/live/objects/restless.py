"""Places where something comes and goes without ever walking: leaves, water, flags, reflections. Torch-free."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np

from mdf.core.event import TrackedObject
from mdf.core.sink import Floats
from mdf.core.tracker import Box
from mdf.inference.live.objects.detect import Found

WINDOW = 300.0
"""Seconds over which unrest is forgotten."""
ENOUGH = 0.3
"""Seconds of it within the window that make a place restless: less than an event needs to begin."""
MOST = 0.5
"""Share of a new object that must lie in restless places for it to be doubted."""
WENT = 0.75
"""How far an object's foot must have gone, as a share of its largest side so far: patches grow and shrink."""
STAYED = 20.0
"""Seconds after which an object is no gust."""
LONGEST_STEP = 1.0
"""Seconds that a single step counts for at most: a gap of the stream is no unrest."""


class Restless:
    """Doubts what appears where leaves move, until it goes to a place where they do not, or stays.

    Remembers for each pixel how long it belonged to objects that went nowhere. A new object that lies mostly where that
    was long is doubted: it does not count yet.

    Attributes:
        doubted: the objects that do not count yet, by number.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        """`size` is the (height, width) of the network's picture."""
        self._unrest: Floats = np.zeros(size, np.float32)
        self._aspect = size[1] / size[0]
        self._expected: Floats | None = None
        self._born: dict[int, Box] = {}
        self._side: dict[int, float] = {}
        self._gone: set[int] = set()
        self._time = 0.0
        self.doubted: set[int] = set()

    def expect(self, seconds: Floats | None) -> None:
        """Take what moved while the background was learned: h×w seconds; the same map counts once."""
        if seconds is not None and seconds is not self._expected:
            self._unrest = np.maximum(self._unrest, seconds)
        self._expected = seconds

    def step(
        self, objects: Sequence[TrackedObject], last_seen: Collection[int], found: Sequence[Found], time: float
    ) -> None:
        """Take the objects of a frame, the numbers of all that may come back, and the frame's detections."""
        passed, self._time = time - self._time, time
        self._unrest *= math.exp(-passed / WINDOW)
        pieces = {one.detection.box: one for one in found}
        for one in objects:
            if one.id not in self._born and one.box in pieces and self._is_restless(pieces[one.box]):
                self.doubted.add(one.id)
            born = self._born.setdefault(one.id, one.box)
            self._side[one.id] = side = max(self._side.get(one.id, 0.0), _side(one.box, self._aspect))
            went = _distance(born, one.box, self._aspect) > WENT * side
            piece = pieces.get(one.box)
            if time - one.since >= STAYED or (went and piece is not None and not self._is_restless(piece)):
                self._gone.add(one.id)
            elif not went and piece is not None and one.id not in self._gone:
                self._place(piece)[piece.mask] += min(passed, LONGEST_STEP)
        self._born = {number: box for number, box in self._born.items() if number in last_seen}
        self._side = {number: side for number, side in self._side.items() if number in last_seen}
        self._gone &= set(last_seen)
        self.doubted = (self.doubted & set(last_seen)) - self._gone

    def _is_restless(self, piece: Found) -> bool:
        return bool((self._place(piece)[piece.mask] >= ENOUGH).mean() >= MOST)

    def _place(self, piece: Found) -> Floats:
        """The part of the map that a detection covers."""
        height, width = piece.mask.shape
        part: Floats = self._unrest[piece.top : piece.top + height, piece.left : piece.left + width]
        return part


def _distance(one: Box, other: Box, aspect: float) -> float:
    """Distance of their foot points, in heights of the picture."""
    return math.hypot(aspect * (one[0] + one[2] - other[0] - other[2]) / 2, one[3] - other[3])


def _side(box: Box, aspect: float) -> float:
    """Its larger side, in heights of the picture."""
    return max(aspect * (box[2] - box[0]), box[3] - box[1])
