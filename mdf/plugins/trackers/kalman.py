"""The built-in tracker: a Kalman filter for each object, over its foot point, its depth and its size.

Sources: R. E. Kalman, “A new approach to linear filtering and prediction problems”, 1960; H. W. Kuhn, “The Hungarian
method for the assignment problem”, 1955 (SciPy's `linear_sum_assignment`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from pydantic import Field
from scipy.optimize import linear_sum_assignment

from mdf.core.component import ComponentConfig
from mdf.core.tracker import Box, Detection, Track, Tracker
from mdf.plugins.trackers.followed import DEPTH, HEIGHT, WIDTH, Floats, Followed, X, Y, measure, noise_of

USED = (X, Y, DEPTH, HEIGHT)
"""Which of them decide whether a detection is the object's."""
INSIDE, PIECE = 0.7, 0.35
"""A detection that lies in the box of a known object to this share, and is smaller than this share of it, is a piece of
it."""
WHOLLY = 0.9
"""An object that is not seen now lies wholly in a region if this share of its expected box does: the box is a guess."""
SHORT = 0.5
"""Who stands with others in one region is not taken for something of less than this share of the height, or more."""
BESIDE, BELOW, UNSURE = 1.0, 0.3, 0.85
"""Widths beside and heights below a known object within which a small region of less confidence than this is its
shadow or its reflection."""
TOGETHER = 0.65
"""Share of an object's expected box that a region must cover if the object may stand in it with others."""
IMPOSSIBLE = 1e6


class KalmanTracker(Tracker):
    """Follows each object with a Kalman filter over its foot point, ln depth and size, and a speed that fades.

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
        self._objects: list[Followed] = []
        self._last: float | None = None
        self._next = 1

    def step(self, detections: Sequence[Detection], time: float) -> list[Track]:
        """The objects after a frame. `time` must be later than before."""
        passed = 0.0 if self._last is None else time - self._last
        self._last = time
        for one in self._objects:
            one.move_on(passed, self.config.pace)
        measured = np.array([measure(d) for d in detections]).reshape(-1, 5)
        noise = np.array([noise_of(d) for d in detections]).reshape(-1, 5)
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
                self._objects.append(Followed(measured[number], noise[number], time, number))
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

    def _misfit(self, one: Followed, measured: Floats, noise: Floats) -> float:
        """Squared distance in standard deviations of foot and height."""
        variance = one.spread[[Y, HEIGHT], 0, 0] + noise[[Y, HEIGHT]] ** 2
        return float(((measured[[Y, HEIGHT]] - one.mean[[Y, HEIGHT]]) ** 2 / variance).sum())

    def _distances(self, one: Followed, measured: Floats, noise: Floats) -> tuple[Floats, Floats]:
        """Squared distance of each detection in standard deviations, by quantity; and the variances."""
        used = [k for k in USED if k != DEPTH or self.config.use_depth]
        variance = one.spread[used, 0, 0] + noise[:, used] ** 2
        return np.nan_to_num(
            (measured[:, used] - one.mean[used]) ** 2 / variance
        ), variance  # unknown depths do not tell

    def _costs(self, one: Followed, measured: Floats, noise: Floats) -> Floats:
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
            elif self._was_part(one, detections):
                continue
            else:
                limit = 0.5 * self.config.keep * min(1.0, one.seen / self.config.confirm)
            if unseen <= limit:
                kept.append(one)
        self._objects = kept

    def _was_part(self, one: Followed, detections: Sequence[Detection]) -> bool:
        """Whether it was only a piece of a known object, which the mask showed apart for a moment.

        Such a piece is small, has not been seen often enough to be known, and now lies wholly in that object's region.
        """
        if one.detection is not None:
            return False
        regions = [
            detections[i].box for other in self._objects if (i := other.detection) is not None and self._is_known(other)
        ]
        area = _area(one.box)
        return any(area <= PIECE * _area(box) and _common(box, one.box) > WHOLLY * area for box in regions)

    def _is_known(self, one: Followed) -> bool:
        """Whether it has been seen often enough; it gets its number then."""
        if not one.id and one.seen >= self.config.confirm:
            one.id, self._next = self._next, self._next + 1
        return one.id > 0

    def _track(self, one: Followed) -> Track:
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


def _is_part(detection: Detection, one: Followed) -> bool:
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
