"""Detections in which nothing is seen but the empty scene: light and shadow that move, leaves, noise. Torch-free."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from mdf.core.event import TrackedObject
from mdf.core.image import Pixels
from mdf.core.sink import Floats
from mdf.inference.live.objects.detect import Found
from mdf.inference.live.objects.scenery import HERE, SHIFTS, Likeness, likeness, noise
from mdf.inference.live.picture.morphology import Mask

FADES = 0.6
"""Seconds in which what was seen of an object loses most of its weight."""
SURE, LONGEST_STEP = 0.4, 0.25
"""Seconds for which a doubted object must look like something else before it counts; what a frame adds at most."""
NOTHING = 2.0
"""Times the camera's noise up to which a frame that differs from the background shows nothing."""
LIGHT, LIGHT_REST = 0.18, 2.2
"""Correlation with the scene from which on a detection may be light; the rest (times the noise) that light leaves."""
MOVED, FEW, NEARER = 0.5, 1.2, 0.2
"""Correlation with the moved scene from which on it may be leaves, what is added for one pixel, and by how much more
it must be like the moved one."""
STILL_MOVED = 0.4
"""Correlation by which an object that is doubted stays so, however small."""
COLOURS = 0.4
"""Share of the difference from the background that may be left once it is moved."""


@dataclass(slots=True)
class _Seen:
    """What was seen of an object lately, each frame with the weight of its area.

    `clear`: seconds for which it has been something else than the empty scene since it was that.
    """

    time: float
    area: float = 0.0
    squared: float = 0.0
    clear: float = math.inf
    shifts: Floats = field(default_factory=lambda: np.zeros(len(SHIFTS), np.float32))
    differences: Floats = field(default_factory=lambda: np.zeros(len(SHIFTS), np.float32))
    inner: float = 0.0
    rest: float = 0.0

    def add(self, one: Likeness, of_noise: float, time: float) -> None:
        """Take a frame."""
        passed, self.time = time - self.time, time
        kept = math.exp(-passed / FADES)
        self.area = kept * self.area + one.area
        self.squared = kept * self.squared + one.area**2
        self.shifts = kept * self.shifts + one.area * one.shifts
        self.differences = kept * self.differences + one.area * one.differences
        known = 0.0 if one.rest is None else one.area
        self.inner = kept * self.inner + known
        self.rest = kept * self.rest + known * (one.rest or 0.0) / of_noise
        is_scenery = float(one.differences[HERE]) <= NOTHING * of_noise or self._is_scenery
        self.clear = 0.0 if is_scenery else self.clear + min(passed, LONGEST_STEP)

    @property
    def _is_scenery(self) -> bool:
        pixels = self.squared / self.area
        shifts = self.shifts / self.area
        here, best = float(shifts[HERE]), int(shifts.argmax())
        if here >= LIGHT + 1 / math.sqrt(pixels) and self.inner and self.rest / self.inner <= LIGHT_REST:
            return True
        enough = STILL_MOVED if self.clear < SURE else MOVED + FEW / math.sqrt(pixels)
        if shifts[best] < max(enough, here + NEARER):
            return False
        return bool(self.differences[best] <= COLOURS * self.differences[HERE])


class Doubts:
    """Doubts objects through which the background shows, until it does not.

    A beam of light or a shadow changes how bright the scene is, and keeps its structure; leaves move it by a few
    pixels. A body hides it. So the fine structure of a detection is compared with that of the background behind it.
    Where the background has none nothing is doubted.

    Attributes:
        doubted: the objects that do not count yet, by number.
    """

    def __init__(self) -> None:
        self._seen: dict[int, _Seen] = {}
        self.doubted: set[int] = set()

    def step(
        self,
        objects: Sequence[TrackedObject],
        last_seen: Collection[int],
        is_told: Callable[[int], bool],
        found: Sequence[Found],
        frame: Pixels,
        background: Pixels,
        foreground: Mask,
        time: float,
    ) -> None:
        """Judge the objects of a frame that nobody has been told of; `last_seen` are all that may come back.

        `frame` and `background` are h×w×3 uint8, `foreground` is h×w bool; `found` are the frame's detections.
        """
        pieces = {one.detection.box: one for one in found}
        unknown = [one for one in objects if one.box in pieces and not is_told(one.id)]
        if unknown:
            of_noise = max(1.0, noise(frame, background, foreground))
        for one in unknown:
            seen = self._seen.setdefault(one.id, _Seen(time))
            seen.add(likeness(frame, background, pieces[one.box]), of_noise, time)
        self._seen = {number: seen for number, seen in self._seen.items() if number in last_seen}
        self.doubted = {number for number, seen in self._seen.items() if seen.clear < SURE and not is_told(number)}
