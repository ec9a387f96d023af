"""Light and infra-red switches: the whole picture changes at once, and its structure stays. Torch-free."""

from __future__ import annotations

from collections import deque

import numpy as np

from mdf.inference.live.picture.gate import Blocks, steps_of

SHARE = 0.5
"""Share of the picture that changes at once when a light is switched."""
STEP = 16.0
"""Levels that a block changes by then; exposure control that follows a person in dark clothes changes less."""
ALIKE = 0.6
"""Correlation of the picture's structure before and after; a covered or turned camera shows another structure."""
PLAIN = 2.0
"""Steps of a picture, as a multiple of those that noise makes, below which it shows noise alone."""
LEAST_NOISE = 1.2
"""Steps that noise makes at least, in levels of three colours together: rounding, and what compression holds back."""
MEAN_OF_MEDIAN = 1.18
"""Mean of the sizes of normal numbers, divided by their median."""
OVER = 0.4
"""Seconds over which a switch may spread: exposure control follows it."""
SETTLED = 0.6
"""Seconds without change after which the light is steady again."""


class LightSwitch:
    """Notices that the light was switched, and when it is steady again.

    Attributes:
        changing: whether the light changes now.
    """

    def __init__(self) -> None:
        self._recent: deque[tuple[float, Blocks]] = deque(maxlen=32)
        self._quiet_since = 0.0
        self.changing = False

    def step(self, blocks: Blocks, time: float) -> bool:
        """Take a frame's `block_means`; whether the light changes now."""
        while self._recent and time - self._recent[0][0] > OVER:
            self._recent.popleft()
        switched = bool(self._recent) and is_switch(self._recent[0][1], blocks)
        self._recent.append((time, blocks))
        if switched:
            self.changing, self._quiet_since = True, time
        elif self.changing and time - self._quiet_since >= SETTLED:
            self.changing = False
        return self.changing


def is_switch(before: Blocks, after: Blocks) -> bool:
    """Whether most of the picture changed, and what it shows did not."""
    if before.shape != after.shape:
        return False
    if (steps_of(after, before) > STEP).mean() < SHARE:
        return False
    return correlation(before, after) >= ALIKE


def correlation(before: Blocks, after: Blocks) -> float:
    """How alike two pictures are in the steps between neighbouring blocks: -1 to 1; 0 where one of them is flat."""
    one, other = _steps(before), _steps(after)
    scale = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / scale if scale > 1e-6 else 0.0


def noise_between(before: Blocks, after: Blocks) -> float:
    """How much blocks of two frames in a row differ by noise, as the mean step that such noise makes within a frame."""
    change = (after.astype(np.float64) - before).sum(2)
    return float(MEAN_OF_MEDIAN * np.median(np.abs(change - np.median(change))))


def is_plain(blocks: Blocks, noise: float) -> bool:
    """Whether a picture shows next to nothing beside `noise`, as of a plain wall: then `correlation` tells nothing."""
    return bool(np.abs(_steps(blocks)).mean() < PLAIN * max(noise, LEAST_NOISE))


def _steps(blocks: Blocks) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Steps of brightness to the right and down, the largest of them cut, so that no single one decides."""
    grey = blocks.sum(2).astype(np.float64)
    steps = np.concatenate([np.diff(grey, axis=0).ravel(), np.diff(grey, axis=1).ravel()])
    limit = np.quantile(np.abs(steps), 0.98) or 1.0
    clipped: np.ndarray[tuple[int], np.dtype[np.float64]] = steps.clip(-limit, limit)
    return clipped
