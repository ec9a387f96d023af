"""The built-in tracker: a Kalman filter for each object, over its foot point, its depth and its size.

Sources: R. E. Kalman, “A new approach to linear filtering and prediction problems”, 1960; H. W. Kuhn, “The Hungarian
method for the assignment problem”, 1955 (SciPy's `linear_sum_assignment`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pydantic import Field
from scipy.optimize import linear_sum_assignment

from mdf.core.component import ComponentConfig
from mdf.core.tracker import Box, Detection, Track, Tracker

Floats = np.ndarray[Any, np.dtype[np.float64]]

X, Y, DEPTH, HEIGHT, WIDTH = range(5)
"""What is filtered: foot point (shares of the picture), ln of depth, ln of height, ln of width."""
MOVES = np.array([1.0, 1.0, 1.0, 0.0, 0.0])
"""Which of them have a speed of their own."""
USED = (X, Y, DEPTH, HEIGHT)
"""Which of them decide whether a detection is the object's."""
DEPTH_NOISE, DEPTH_SPREAD = 0.3, 0.7
"""Standard deviation of a measured ln depth, and what of the object's own spread is added: predicted depths wander."""
UNKNOWN_SIZE = 0.5
"""Standard deviation of ln size of an object that is new: it may be seen in part only."""
EDGE = 0.01
"""Distance from the picture's edge within which it cuts an object."""
CUT = 4.0
"""How many times less sure the size of an object is that the picture's edge cuts."""
INSIDE, PIECE = 0.7, 0.35
"""A detection that lies in the box of a known object to this share, and is smaller than this share of it, is a piece of
it."""
IMPOSSIBLE = 1e6


class KalmanTracker(Tracker):
    """Follows each object with a Kalman filter of constant speed over its foot point, ln depth and size.

    Each step moves the objects on by the time that really passed. A detection may be an object's if it lies within
    `gate` standard deviations of where the object is expected, in place, depth and height together; of all ways to
    match them the likeliest is taken, objects that are known longer first. An object that is not seen is expected to go
    on, for `keep` seconds; for twice as long while it may be hidden behind another one.
    """

    class Config(ComponentConfig):
        """How objects are followed."""

        confirm: int = Field(3, ge=1, description="Frames in which an object must be seen before it is reported.")
        keep: float = Field(2.0, gt=0, description="Seconds for which an object that is not seen is kept.")
        gate: float = Field(4.0, gt=0, description="Standard deviations within which a detection may be an object's.")
        acceleration: float = Field(2.0, gt=0, description="Change of speed, in the object's heights per second².")
        use_depth: bool = Field(True, description="Whether depth helps to tell objects apart.")

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._objects: list[_Object] = []
        self._last: float | None = None
        self._next = 1

    def step(self, detections: Sequence[Detection], time: float) -> list[Track]:
        """The objects after a frame. `time` must be later than before."""
        passed = 0.0 if self._last is None else time - self._last
        self._last = time
        for one in self._objects:
            one.move_on(passed, self.config.acceleration)
        measured = np.array([_measure(d) for d in detections]).reshape(-1, 5)
        noise = np.array([_noise(d) for d in detections]).reshape(-1, 5)
        matched = self._match(measured, noise)
        for index, one in enumerate(self._objects):
            if index in matched:
                one.see(measured[matched[index]], noise[matched[index]], time)
            one.detection = matched.get(index)
        self._forget(detections, time)
        for number in sorted(set(range(len(detections))) - set(matched.values())):
            if not any(self._is_known(one) and _is_part(detections[number], one.box) for one in self._objects):
                self._objects.append(_Object(measured[number], noise[number], time, number))
        return [self._track(one) for one in self._objects if self._is_known(one)]

    def _match(self, measured: Floats, noise: Floats) -> dict[int, int]:
        """Detections by object, those known longer first."""
        matched: dict[int, int] = {}
        for known in (True, False):
            rows = [i for i, one in enumerate(self._objects) if (one.seen >= self.config.confirm) == known]
            columns = [j for j in range(len(measured)) if j not in matched.values()]
            if not rows or not columns:
                continue
            costs = np.array([self._costs(self._objects[i], measured[columns], noise[columns]) for i in rows])
            for row, column in zip(*linear_sum_assignment(costs), strict=True):
                if costs[row, column] < IMPOSSIBLE:
                    matched[rows[row]] = columns[column]
        return matched

    def _costs(self, one: _Object, measured: Floats, noise: Floats) -> Floats:
        """Squared distance of each detection in standard deviations, with the width of that spread as a likelihood has
        it; `IMPOSSIBLE` outside the gate."""
        used = [k for k in USED if k != DEPTH or self.config.use_depth]
        variance = one.spread[used, 0, 0] + noise[:, used] ** 2
        distance = np.nan_to_num((measured[:, used] - one.mean[used]) ** 2 / variance)  # an unknown depth does not tell
        distance[:, -1] = distance[:, -1].clip(max=self.config.gate**2 / 2)  # who enters or leaves changes in height
        squared = distance.sum(1)
        likely = squared + np.log(variance).sum(1) - np.log(variance).sum(1).min()
        return np.where(squared <= self.config.gate**2, likely, IMPOSSIBLE)

    def _forget(self, detections: Sequence[Detection], time: float) -> None:
        kept = []
        for one in self._objects:
            unseen = time - one.seen_at
            if self._is_known(one):
                limit = self.config.keep * (2 if _may_be_hidden(one.box, detections) else 1)
            else:
                limit = 0.5 * self.config.keep * min(1.0, one.seen / self.config.confirm)
            if unseen <= limit:
                kept.append(one)
        self._objects = kept

    def _is_known(self, one: _Object) -> bool:
        """Whether it has been seen often enough; it gets its number then."""
        if not one.id and one.seen >= self.config.confirm:
            one.id, self._next = self._next, self._next + 1
        return one.id > 0

    def _track(self, one: _Object) -> Track:
        depth = float(np.exp(one.mean[DEPTH]))
        speed = one.speed
        return Track(
            id=one.id,
            box=one.box,
            depth=depth,
            velocity=(float(speed[X]), float(speed[Y])),
            depth_rate=float(speed[DEPTH]) * depth,
            detection=one.detection,
        )


@dataclass(slots=True)
class _Object:
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
        self.spread[:, 1, 1] = (MOVES * self._scale) ** 2

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
    def _scale(self) -> Floats:
        """By how much its quantities may change in a second: places by its height, the others by a share."""
        return np.array([self.height, self.height, 0.5, 0.6, 0.8])

    def move_on(self, passed: float, acceleration: float) -> None:
        """Expect it where its speed leads in `passed` seconds."""
        self.mean = self.mean + self.speed * passed
        step = np.array([[1.0, passed], [0.0, 1.0]])
        drift = np.array([[passed**3 / 3, passed**2 / 2], [passed**2 / 2, passed]])
        strength = (acceleration * self._scale * MOVES) ** 2
        self.spread = step @ self.spread @ step.T + strength[:, None, None] * drift
        self.spread[:, 0, 0] += (1 - MOVES) * self._scale**2 * passed

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


def _measure(detection: Detection) -> Floats:
    left, top, right, bottom = detection.box
    depth = np.log(detection.depth) if detection.depth > 0 else np.nan
    return np.array([(left + right) / 2, bottom, depth, np.log(bottom - top), np.log(right - left)])


def _noise(detection: Detection) -> Floats:
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


def _is_part(detection: Detection, box: Box) -> bool:
    """Whether it is a piece of the object at `box` that its mask lost, and no object of its own."""
    left, top, right, bottom = detection.box
    area = (right - left) * (bottom - top)
    return _common(detection.box, box) > INSIDE * area and area < PIECE * (box[2] - box[0]) * (box[3] - box[1])


def _common(one: Box, other: Box) -> float:
    """Area that two boxes have in common."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    along = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, across) * max(0.0, along)


def _may_be_hidden(box: Box, detections: Sequence[Detection]) -> bool:
    """Whether most of it lies within the box of something that is seen."""
    area = (box[2] - box[0]) * (box[3] - box[1])
    return any(_common(box, detection.box) > 0.5 * area for detection in detections)
