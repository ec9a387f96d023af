"""One object that the built-in tracker follows: a Kalman filter for each of its quantities."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mdf.core.tracker import Box, Detection

Floats = np.ndarray[Any, np.dtype[np.float64]]

X, Y, DEPTH, HEIGHT, WIDTH = range(5)
"""What is filtered: foot point (shares of the picture), ln of depth, ln of height, ln of width."""
ACROSS, ALONG, AWAY = 0.9, 0.45, 0.2
"""Usual speeds of somebody who walks: across and along the picture in its own heights a second; of ln depth."""
SIZE_CHANGES = np.array([0.6, 0.8])
"""Standard deviation by which ln height and ln width change in a second."""
STEADY = 1.5
"""Seconds for which somebody keeps a speed: who is not seen is expected to slow down, and not to run out of sight."""
DEPTH_NOISE, DEPTH_SPREAD = 0.15, 0.3
"""Standard deviation of a measured ln depth, and what of the object's own spread is added: predicted depths wander."""
UNKNOWN_SIZE = 0.5
"""Standard deviation of ln size of an object that is new: it may be seen in part only."""
EDGE = 0.01
"""Distance from the picture's edge within which it cuts an object."""
CUT = 4.0
"""How many times less sure the size of an object is that the picture's edge cuts."""


@dataclass(slots=True)
class Followed:
    """The filter of one object: means and 2×2 covariances (value, speed) of each quantity by itself."""

    mean: Floats
    noise: Floats
    seen_at: float
    detection: int | None
    id: int = 0
    seen: int = 1
    speed: Floats = field(default_factory=lambda: np.zeros(5))
    spread: Floats = field(default_factory=lambda: np.zeros((5, 2, 2)))

    def __post_init__(self) -> None:
        self.spread[:, 0, 0] = np.nan_to_num(self.noise, nan=1.0) ** 2
        self.spread[HEIGHT:, 0, 0] += UNKNOWN_SIZE**2
        self.spread[:, 1, 1] = self._paces**2

    @property
    def height(self) -> float:
        """Its height, as a share of the picture's."""
        return float(np.exp(self.mean[HEIGHT]))

    @property
    def box(self) -> Box:
        """Where it is, or is expected."""
        x, y, half = self.mean[X], self.mean[Y], float(np.exp(self.mean[WIDTH])) / 2
        return float(x - half), float(y - self.height), float(x + half), float(y)

    @property
    def _paces(self) -> Floats:
        """Usual speeds of its quantities; its size has none of its own."""
        return np.array([ACROSS * self.height, ALONG * self.height, AWAY, 0.0, 0.0])

    def move_on(self, passed: float, pace: float) -> None:
        """Expect it where its speed leads in `passed` seconds, more slowly with time."""
        kept = math.exp(-passed / STEADY)
        step = np.array([[1.0, STEADY * (1 - kept)], [0.0, kept]])
        self.mean = self.mean + step[0, 1] * self.speed
        self.speed = kept * self.speed
        drift = np.array([[passed**2 / 3, passed / 2], [passed / 2, 1.0]]) * (1 - kept**2)
        self.spread = step @ self.spread @ step.T + ((pace * self._paces) ** 2)[:, None, None] * drift
        self.spread[HEIGHT:, 0, 0] += SIZE_CHANGES**2 * passed

    def stay_within(self, left: float, right: float) -> None:
        """It stands in a region from `left` to `right`, hidden."""
        self.mean[X] = min(max(self.mean[X], left), right)

    def see(self, measured: Floats, noise: Floats, time: float) -> None:
        """Take a detection as its own."""
        known = np.isfinite(measured)
        fresh = known & ~np.isfinite(self.mean)
        self.mean = np.where(fresh, measured, self.mean)
        gain = self.spread[:, :, 0] / (self.spread[:, 0, 0] + noise**2)[:, None]
        gain[~known] = 0.0
        surprise = np.nan_to_num(measured - self.mean)
        self.mean = self.mean + gain[:, 0] * surprise
        self.speed = self.speed + gain[:, 1] * surprise
        self.spread = self.spread - gain[:, :, None] * self.spread[:, None, 0, :]
        self.seen_at, self.seen = time, self.seen + 1


def measure(detection: Detection) -> Floats:
    """What is filtered, as a detection has it: 5 numbers; the depth is NaN where it is unknown."""
    left, top, right, bottom = detection.box
    depth = np.log(detection.depth) if detection.depth > 0 else np.nan
    return np.array([(left + right) / 2, bottom, depth, np.log(bottom - top), np.log(right - left)])


def noise_of(detection: Detection) -> Floats:
    """Standard deviations of what was measured: a mask's edges are sure to a share of the object's size.

    Where the picture's edge cuts the object, its size there is not known, nor the place of what is cut off.
    """
    left, top, right, bottom = detection.box
    height, width = bottom - top, right - left
    across = CUT if left <= EDGE or right >= 1 - EDGE else 1.0
    along = CUT if bottom >= 1 - EDGE else 1.0
    size = CUT if across > 1 or along > 1 or top <= EDGE else 1.0
    depth = DEPTH_NOISE + DEPTH_SPREAD * (detection.depth_spread / detection.depth if detection.depth > 0 else 1.0)
    noise = [(0.1 * width + 0.004) * across, (0.08 * height + 0.004) * along, depth, 0.15 * size, 0.25 * size]
    return np.array(noise)
