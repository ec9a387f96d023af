"""The empty scene of a live camera: learned, kept fresh, healed. Torch-free."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from mdf.core.background import usual
from mdf.core.image import Pixels
from mdf.inference.live.picture.morphology import Mask, grown

FEWEST, WANTED, MOST = 9, 25, 50
"""Frames that a background is learned from: at least, usually, and at most where much moves."""
STILL = 0.04
"""Share of the picture that may move in the frames that it is learned from."""
MOVES = 20
"""Levels (of the channel that differs most) from the usual colour that count as movement."""
FRESH_EVERY = 1.0
"""Seconds between two steps of freshening."""
FRESH = 0.04
"""Share of a frame that a step mixes into the background, where nothing is foreground."""
AROUND = 4
"""Pixels around the foreground that are left as they are."""
NOTICED = 1.5
"""Levels that the mean must change by before the network is given the fresh background."""
Floats = np.ndarray[Any, np.dtype[np.float32]]


class Background:
    """The empty scene h×w×3 at the network's size.

    Attributes:
        version: counts backgrounds that were given to the network.
        learning: whether there is none yet, or a new one is learned.
    """

    def __init__(self, given: Pixels | None, seconds: float) -> None:
        """`given` is the empty scene; None = it is learned over at least `seconds`."""
        self._seconds = seconds
        self._frames: deque[tuple[float, Pixels]] = deque(maxlen=MOST)
        self.version = 0
        self.learning = given is None
        self._exact: Floats = np.zeros((0, 0, 3), np.float32)
        self._fresh_at = 0.0
        self._shown: Pixels = np.zeros((0, 0, 3), np.uint8)
        if given is not None:
            self._take(given)

    @property
    def pixels(self) -> Pixels:
        """The background as the network is given it: h×w×3 uint8."""
        return self._shown

    def learn_again(self, seconds: float) -> None:
        """Learn a new one, from now on, over at least `seconds`."""
        self._frames.clear()
        self._seconds, self.learning = seconds, True

    def replace(self, pixels: Pixels) -> None:
        """Take another empty scene, h×w×3 uint8."""
        self.learning = False
        self._take(pixels)

    def learn(self, frame: Pixels, time: float) -> bool:
        """Learn from a frame; whether the background is ready now: enough frames, and little moves in them.

        A pixel's background is its usual colour in the frames where nothing moves there.
        """
        if self._frames and time - self._frames[-1][0] < self._seconds / WANTED:
            return False
        self._frames.append((time, frame))
        passed = time - self._frames[0][0]
        if len(self._frames) < (FEWEST if passed >= self._seconds else WANTED):
            return False
        stack = np.stack([pixels for _, pixels in self._frames])
        middle = usual(list(stack))
        moving = np.abs(stack.astype(np.int16) - middle).max(-1) > MOVES
        if moving.mean() > STILL and len(self._frames) < MOST and passed < self._seconds * MOST / WANTED:
            return False
        self._frames.clear()
        self.replace(middle)
        return True

    def freshen(self, frame: Pixels, foreground: Mask, time: float) -> None:
        """Mix a frame in, slowly, where nothing is foreground."""
        if time - self._fresh_at < FRESH_EVERY:
            return
        self._fresh_at = time
        still = ~grown(foreground, AROUND) if foreground.any() else ~foreground
        step = frame - self._exact
        step *= FRESH * still[..., None].astype(np.float32)  # many times faster than to choose pixels
        self._exact += step
        if np.abs(self._exact - self._shown).mean() > NOTICED:
            self._show()

    def absorb(self, frame: Pixels, where: Mask) -> None:
        """What a frame shows there belongs to the empty scene from now on."""
        self._exact[where] = frame[where]
        self._show()

    def _take(self, pixels: Pixels) -> None:
        self._exact = pixels.astype(np.float32)
        self._show()

    def _show(self) -> None:
        self._shown = self._exact.round().clip(0, 255).astype(np.uint8)
        self.version += 1
