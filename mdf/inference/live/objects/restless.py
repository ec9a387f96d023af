"""Places where something comes and goes without ever walking: leaves, water, flags, reflections. Torch-free."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np

from mdf.core.event import TrackedObject
from mdf.core.sink import Floats
from mdf.inference.live.objects.detect import Found

WINDOW = 300.0
"""Seconds over which unrest is forgotten."""
ENOUGH = 0.3
"""Seconds of it within the window that make a place restless: less than an event needs to begin."""
MOST = 0.5
"""Share of a new object that must lie in restless places for it to be doubted."""
LONGEST_STEP = 1.0
"""Seconds that a single step counts for at most: a gap of the stream is no unrest."""


class Restless:
    """Doubts what appears where leaves move, until it walks.

    Remembers for each pixel how long it belonged to objects that have never walked. A new object that lies mostly where
    that was long is doubted: it does not count until it has walked. Who walks into a tree is told a step later.

    Attributes:
        doubted: the objects that do not count yet, by number.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        """`size` is the (height, width) of the network's picture."""
        self._unrest: Floats = np.zeros(size, np.float32)
        self._expected: Floats | None = None
        self._known: set[int] = set()
        self._time = 0.0
        self.doubted: set[int] = set()

    def expect(self, seconds: Floats | None) -> None:
        """Take what moved while the background was learned: h×w seconds; the same map counts once."""
        if seconds is not None and seconds is not self._expected:
            self._unrest = np.maximum(self._unrest, seconds)
        self._expected = seconds

    def step(
        self,
        objects: Sequence[TrackedObject],
        last_seen: Collection[int],
        walked: Collection[int],
        found: Sequence[Found],
        time: float,
    ) -> None:
        """Take the objects of a frame, all that may come back, those that have walked, and the frame's detections."""
        passed, self._time = time - self._time, time
        self._unrest *= math.exp(-passed / WINDOW)
        pieces = {one.detection.box: one for one in found}
        still = [(one.id, pieces[one.box]) for one in objects if one.id not in walked and one.box in pieces]
        fresh = {number for number, piece in still if number not in self._known and self._is_restless(piece)}
        self.doubted = ((self.doubted | fresh) & set(last_seen)) - set(walked)
        self._known = set(last_seen)
        for _, piece in still:
            self._place(piece)[piece.mask] += min(passed, LONGEST_STEP)

    def _is_restless(self, piece: Found) -> bool:
        return bool((self._place(piece)[piece.mask] >= ENOUGH).mean() >= MOST)

    def _place(self, piece: Found) -> Floats:
        """The part of the map that a detection covers."""
        height, width = piece.mask.shape
        part: Floats = self._unrest[piece.top : piece.top + height, piece.left : piece.left + width]
        return part
