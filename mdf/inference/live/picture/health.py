"""Whether the picture still fits the background: moved, covered, defocused or frozen cameras. Torch-free."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mdf.core.event import EventKind
from mdf.core.image import Pixels
from mdf.engine.prepare.shift import Shift, ShiftFinder
from mdf.inference.live.picture.gate import Blocks, block_means, steps_of
from mdf.inference.live.picture.light import correlation, is_plain, noise_between

EVERY = 1.0
"""Seconds between two looks."""
UNLIKE = 0.25
"""Correlation with the background below which the picture shows something else."""
FLAT = 0.35
"""Share of the background's detail below which a picture is covered, if it shows something else."""
SOFT = 0.5
"""Share of the background's fine detail below which a picture is out of focus, if it shows the same."""
MOVED = 1.5
"""Pixels of the network's picture from which a camera was moved; a quarter of a degree counts too."""
TURNED = 0.5
CHANGED_LEVELS, CHANGED_SHARE = 12, 0.7
"""A plain background is lost where more than this share of the picture differs from it by so many levels."""
FROZEN = 30.0
"""Seconds without any change of any pixel after which a live picture is frozen."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the picture says.

    Attributes:
        score: 0–1; 1 = the picture fits the background.
        condition: what is wrong, as an event says it; None = nothing.
        shift: how far the camera was moved, where it was.
    """

    score: float
    condition: EventKind | None = None
    shift: Shift | None = None


class Health:
    """Looks at the picture of one camera from time to time.

    Attributes:
        last: what the last look said.
    """

    def __init__(self, live: bool) -> None:
        self._live = live
        self.last = Look(1.0)
        self._looked_at = -EVERY
        self._background: Pixels | None = None
        self._blocks: Blocks = np.zeros((0, 0, 3), np.int16)
        self._fine = 1.0
        self._recent: deque[Blocks] = deque(maxlen=3)
        self._shift: ShiftFinder | None = None
        self._previous: Pixels | None = None
        self._changed_at = 0.0

    def look(self, frame: Pixels, blocks: Blocks, background: Pixels, time: float) -> Look | None:
        """A new look at a frame h×w×3 uint8, where one is due."""
        if self._live and (self._previous is None or not np.array_equal(frame, self._previous)):
            self._changed_at = time
        self._previous = frame
        self._recent.append(blocks)
        if time - self._looked_at < EVERY:
            return None
        self._looked_at = time
        if background is not self._background:
            self._background, self._blocks, self._fine = background, block_means(background), detail(background)
            self._shift = ShiftFinder(background)
        self.last = next(self._findings(frame, blocks, self._noise(), time))
        return self.last

    def _noise(self) -> float:
        """The camera's noise: the smaller of the last two changes, since one may be another picture."""
        return min((noise_between(*pair) for pair in pairwise(self._recent)), default=0.0)

    def _findings(self, frame: Pixels, blocks: Blocks, noise: float, time: float) -> Iterator[Look]:
        """What is wrong, the gravest first; at last that nothing is."""
        assert self._shift is not None
        if self._live and time - self._changed_at >= FROZEN:
            yield Look(0.0, "camera frozen")
        alike = correlation(self._blocks, blocks)
        fine = detail(frame) / max(self._fine, 1e-6)
        if is_plain(self._blocks, noise):  # it is like no picture, and its detail is noise
            yield Look(0.1, "camera moved") if self._is_new(blocks, noise) else Look(1.0)
        if alike < UNLIKE:
            shift = self._shift(frame)
            if shift is not None and is_moved(shift):
                yield Look(0.2, "camera moved", shift)
            yield Look(0.0 if fine < FLAT else 0.1, "camera covered" if fine < FLAT else "camera moved")
        if fine < SOFT:
            yield Look(max(0.0, 0.5 * fine), "camera defocused")
        shift = self._shift(frame)
        if shift is not None and is_moved(shift):
            yield Look(max(0.2, 0.8 - 0.05 * shift.largest), "camera moved", shift)
        yield Look(float(np.clip(0.2 + alike, 0.0, 1.0)))

    def _is_new(self, blocks: Blocks, noise: float) -> bool:
        """Whether a picture in front of a plain background shows something else nearly everywhere."""
        changed = steps_of(blocks, self._blocks) > CHANGED_LEVELS
        return not is_plain(blocks, noise) and float(changed.mean()) > CHANGED_SHARE


def is_moved(shift: Shift) -> bool:
    """Whether a camera was moved by more than what wind and compression do."""
    return shift.largest >= MOVED or abs(shift.degrees) >= TURNED


def detail(pixels: Pixels) -> float:
    """Fine detail: the mean difference of neighbouring pixels, over the half that has most of it."""
    grey = pixels[..., 1].astype(np.int16)
    steps = np.abs(np.diff(grey, axis=1))
    return float(np.partition(steps, steps.size // 2, axis=None)[steps.size // 2 :].mean())
