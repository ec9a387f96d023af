"""The built-in tracker: a Kalman filter for each object, over its foot point, its depth and its size.

Sources: R. E. Kalman, “A new approach to linear filtering and prediction problems”, 1960; H. W. Kuhn, “The Hungarian
method for the assignment problem”, 1955 (SciPy's `linear_sum_assignment`).
"""

from __future__ import annotations

import math
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
ACROSS, ALONG, AWAY = 0.9, 0.45, 0.2
"""Usual speeds of somebody who walks: across and along the picture in its own heights a second; of ln depth."""
SIZE_CHANGES = np.array([0.6, 0.8])
"""Standard deviation by which ln height and ln width change in a second."""
STEADY = 1.5
"""Seconds for which somebody keeps a speed: who is not seen is expected to slow down, and not to run out of sight."""
USED = (X, Y, DEPTH, HEIGHT)
"""Which of them decide whether a detection is the object's."""
DEPTH_NOISE, DEPTH_SPREAD = 0.15, 0.3
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
SHORT = 0.5
"""Who stands with others in one region is not taken for something of less than this share of the height, or more."""
BESIDE, BELOW, UNSURE = 1.0, 0.3, 0.85
"""Widths beside and heights below a known object within which a small region of less confidence than this is its
shadow or its reflection."""
TOGETHER = 0.65
"""Share of an object's expected box that a region must cover if the object may stand in it with others."""
IMPOSSIBLE = 1e6


class KalmanTracker(Tracker):
    """Follows each object with a Kalman filter of constant speed over its foot point, ln depth and size.

    Each step moves the objects on by the time that really passed. A detection may be an object's if it lies within
    `gate` standard deviations of where the object is expected, in place, depth and height together; of all ways to
    match them the likeliest is taken, objects that are known longer first. An object that is not seen is expected to go
    on, for `keep` seconds; for twice as long while it may be hidden behind another one.

    Where several stand behind each other, the mask shows one region. It is the front one's then, and none of them takes
    depth or size from it: so they are told apart when they part again, also where they turned back.
    """

    class Config(ComponentConfig):
        """How objects are followed."""

        confirm: int = Field(3, ge=1, description="Frames in which an object must be seen before it is reported.")
        keep: float = Field(2.0, gt=0, description="Seconds for which an object that is not seen is kept.")
        gate: float = Field(4.0, gt=0, description="Standard deviations within which a detection may be an object's.")
        pace: float = Field(1.0, gt=0, description="How fast objects are, as a multiple of people who walk.")
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
            one.move_on(passed, self.config.pace)
        measured = np.array([_measure(d) for d in detections]).reshape(-1, 5)
        noise = np.array([_noise(d) for d in detections]).reshape(-1, 5)
        groups = self._groups(detections)
        matched = self._match(measured, noise, groups)
        self._share(groups, matched, measured, noise)
        for index, one in enumerate(self._objects):
            one.detection = matched.get(index)
            if one.detection is not None:
                one.see(measured[one.detection], noise[one.detection], time)
        self._forget(detections, time)
        for number in sorted(set(range(len(detections))) - set(matched.values())):
            if not any(self._is_known(one) and _is_part(detections[number], one) for one in self._objects):
                self._objects.append(_Object(measured[number], noise[number], time, number))
        return [self._track(one) for one in self._objects if self._is_known(one)]

    def _groups(self, detections: Sequence[Detection]) -> dict[int, list[int]]:
        """By detection, the known objects that may stand in its region together."""
        covered = {
            j: [
                i
                for i, one in enumerate(self._objects)
                if self._is_known(one) and _common(detection.box, one.box) > TOGETHER * _area(one.box)
            ]
            for j, detection in enumerate(detections)
        }
        return {j: members for j, members in covered.items() if len(members) > 1}

    def _match(self, measured: Floats, noise: Floats, groups: dict[int, list[int]]) -> dict[int, int]:
        """Detections by object, those known longer first."""
        matched: dict[int, int] = {}
        grouped = {i for members in groups.values() for i in members}
        for known in (True, False):
            rows = [i for i, one in enumerate(self._objects) if (one.seen >= self.config.confirm) == known]
            columns = [j for j in range(len(measured)) if j not in matched.values()]
            if not rows or not columns:
                continue
            costs = np.array([self._costs(self._objects[i], measured[columns], noise[columns]) for i in rows])
            for row, i in enumerate(rows):
                if i in grouped:
                    change = np.abs(measured[columns, HEIGHT] - self._objects[i].mean[HEIGHT])
                    costs[row, change > -math.log(SHORT)] = IMPOSSIBLE
            for row, column in zip(*linear_sum_assignment(costs), strict=True):
                if costs[row, column] < IMPOSSIBLE:
                    matched[rows[row]] = columns[column]
        return matched

    def _share(self, groups: dict[int, list[int]], matched: dict[int, int], measured: Floats, noise: Floats) -> None:
        """Give a region in which several objects stand to the front one; they take its place across alone."""
        for j, members in groups.items():
            hidden = [i for i in members if i not in matched]
            owner = next((i for i, number in matched.items() if number == j), None)
            if not hidden or (owner is not None and owner not in members):
                continue
            standing = hidden if owner is None else [owner, *hidden]
            front = min(standing, key=lambda i: self._misfit(self._objects[i], measured[j], noise[j]))
            if owner is not None:
                del matched[owner]
            matched[front] = j
            half = float(np.exp(measured[j, WIDTH])) / 2
            for i in standing:
                self._objects[i].stay_within(measured[j, X] - half, measured[j, X] + half)
            if self._misfit(self._objects[front], measured[j], noise[j]) > self.config.gate:  # it shows others too
                noise[j] = [half, *[np.inf] * 4]

    def _misfit(self, one: _Object, measured: Floats, noise: Floats) -> float:
        """Squared distance in standard deviations of foot and height."""
        variance = one.spread[[Y, HEIGHT], 0, 0] + noise[[Y, HEIGHT]] ** 2
        return float(((measured[[Y, HEIGHT]] - one.mean[[Y, HEIGHT]]) ** 2 / variance).sum())

    def _distances(self, one: _Object, measured: Floats, noise: Floats) -> tuple[Floats, Floats]:
        """Squared distance of each detection in standard deviations, by quantity; and the variances."""
        used = [k for k in USED if k != DEPTH or self.config.use_depth]
        variance = one.spread[used, 0, 0] + noise[:, used] ** 2
        return np.nan_to_num(
            (measured[:, used] - one.mean[used]) ** 2 / variance
        ), variance  # unknown depths do not tell

    def _costs(self, one: _Object, measured: Floats, noise: Floats) -> Floats:
        """How unlike each detection is, as a likelihood has it; `IMPOSSIBLE` outside the gate.

        Neither height nor depth decides alone: who enters or leaves changes in height, and predicted depths wander.
        """
        distance, variance = self._distances(one, measured, noise)
        distance[:, 2:] = distance[:, 2:].clip(max=self.config.gate**2 / 2)
        squared = distance.sum(1)
        return np.where(squared <= self.config.gate**2, squared + np.log(variance).sum(1), IMPOSSIBLE)

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


def _is_part(detection: Detection, one: _Object) -> bool:
    """Whether it is a piece of a known object that its mask lost, or its shadow, and no object of its own."""
    left, top, right, bottom = one.box
    area = _area(detection.box)
    if area > PIECE * _area(one.box):
        return False
    if detection.confidence < UNSURE:
        across = BESIDE * (right - left)
        left, right, bottom = left - across, right + across, bottom + BELOW * one.height
    return _common(detection.box, (left, top, right, bottom)) > INSIDE * area


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _common(one: Box, other: Box) -> float:
    """Area that two boxes have in common."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    along = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, across) * max(0.0, along)


def _may_be_hidden(box: Box, detections: Sequence[Detection]) -> bool:
    """Whether most of it lies within the box of something that is seen."""
    return any(_common(box, detection.box) > 0.5 * _area(box) for detection in detections)
