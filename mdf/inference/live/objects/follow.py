"""From detections to visits: tracks get depth, place and speed, and one visit keeps one number. Torch-free."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mdf.core.event import TrackedObject
from mdf.core.tracker import Box, Track, Tracker
from mdf.inference.live.objects.detect import Found
from mdf.inference.live.objects.scale import Scale
from mdf.inference.live.settings.zones import Zone

STANDS, WALKS = 0.12, 0.25
"""Speeds in its own heights a second below which an object stands, and from which on it moves."""
WALKED = 0.5
"""Its own heights that an object must have gone to have walked."""
REACH = 1.5
"""Heights around its last place within which an object that comes back is the same visit."""
APART = 0.4
"""Difference of ln depth from which it is another one."""


@dataclass(slots=True)
class _Visit:
    id: int
    since: float
    box: Box
    seen_at: float
    depth: float = math.nan
    moving: bool = True
    still_since: float | None = None
    born: Box = (0.0, 0.0, 0.0, 0.0)
    has_walked: bool = False


class Objects:
    """The objects of one camera, by the numbers of their visits.

    An object that was lost, and appears again nearby within `cool_off` seconds, is the same visit.
    """

    def __init__(self, tracker: Tracker, zones: Sequence[Zone], scale: Scale, cool_off: float) -> None:
        self._tracker, self._zones, self.scale, self._cool_off = tracker, zones, scale, cool_off
        self._visits: dict[int, _Visit] = {}
        self._lost: list[_Visit] = []
        self._next = 1

    @property
    def still_since(self) -> Mapping[int, float]:
        """By object, since when it stands still."""
        return {v.id: v.still_since for v in self._visits.values() if v.still_since is not None}

    @property
    def walked(self) -> set[int]:
        """The objects that have walked since they appeared."""
        return {visit.id for visit in self._visits.values() if visit.has_walked}

    def change(self, zones: Sequence[Zone], cool_off: float) -> None:
        """Other zones, and another time within which a lost object may come back."""
        self._zones, self._cool_off = zones, cool_off

    def step(self, found: Sequence[Found], time: float, size: tuple[int, int]) -> list[TrackedObject]:
        """The objects that are seen in a frame; `size` is the (height, width) of the network's picture."""
        tracks = self._tracker.step([one.detection for one in found], time)
        self._end_visits({track.id for track in tracks}, time)
        objects = []
        for track in tracks:
            visit = self._visits.get(track.id) or self._begin(track, time)
            if track.detection is None:
                continue
            self._update(visit, track, time)
            objects.append(self._object(visit, track, found[track.detection], size))
        return objects

    def last_seen(self) -> Mapping[int, float]:
        """By object, when it was seen last; those that may still come back among them."""
        return {visit.id: visit.seen_at for visit in (*self._visits.values(), *self._lost)}

    def _begin(self, track: Track, time: float) -> _Visit:
        near = [v for v in self._lost if _is_near(v, track, self.scale.aspect)]
        if near:
            visit = min(near, key=lambda v: _distance(v.box, track.box, self.scale.aspect))
            self._lost.remove(visit)
        else:
            visit = _Visit(self._next, time, track.box, time, born=track.box)
            self._next += 1
        self._visits[track.id] = visit
        return visit

    def _end_visits(self, alive: set[int], time: float) -> None:
        for track in [track for track in self._visits if track not in alive]:
            self._lost.append(self._visits.pop(track))
        self._lost = [visit for visit in self._lost if time - visit.seen_at <= self._cool_off]

    def _update(self, visit: _Visit, track: Track, time: float) -> None:
        height = max(1e-6, track.box[3] - track.box[1])
        pace = math.hypot(track.velocity[0] * self.scale.aspect, track.velocity[1]) / height
        visit.moving = pace >= (STANDS if visit.moving else WALKS)
        visit.still_since = None if visit.moving else time if visit.still_since is None else visit.still_since
        visit.has_walked |= _distance(visit.born, track.box, self.scale.aspect) > WALKED * height
        visit.box, visit.seen_at, visit.depth = track.box, time, track.depth

    def _object(self, visit: _Visit, track: Track, found: Found, size: tuple[int, int]) -> TrackedObject:
        seen, factor = found.detection, self.scale.factor
        known = math.isfinite(track.depth)
        speed, speed_unit = self.scale.speed(track)
        return TrackedObject(
            id=visit.id,
            box=seen.box,
            area=seen.area,
            outline=tuple((x / size[1], y / size[0]) for x, y in found.outline),
            depth=track.depth * factor if known else None,
            depth_unit=self.scale.unit,
            depth_spread=seen.depth_spread * factor if known else None,
            position=self.scale.position(seen.foot, track.depth * factor),
            speed=speed,
            speed_unit=speed_unit,
            moving=visit.moving,
            since=visit.since,
            zones=tuple(zone.name for zone in self._zones if zone.contains(_inside(seen.foot))),
            confidence=seen.confidence,
        )


def _inside(foot: tuple[float, float]) -> tuple[float, float]:
    """A foot point at the picture's lower edge, a little above it."""
    return foot[0], min(foot[1], 1 - 1e-6)


def _distance(one: Box, other: Box, aspect: float) -> float:
    """Distance of their foot points, in heights of the picture."""
    return math.hypot(aspect * (one[0] + one[2] - other[0] - other[2]) / 2, one[3] - other[3])


def _is_near(visit: _Visit, track: Track, aspect: float) -> bool:
    height = max(visit.box[3] - visit.box[1], track.box[3] - track.box[1])
    if math.isfinite(visit.depth) and math.isfinite(track.depth) and abs(math.log(visit.depth / track.depth)) > APART:
        return False
    return _distance(visit.box, track.box, aspect) <= REACH * height
