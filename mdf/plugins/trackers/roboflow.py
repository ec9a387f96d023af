"""The trackers of Roboflow's `trackers`: SORT, OC-SORT, ByteTrack, BoT-SORT and C-BIoU, for comparison."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import supervision
import trackers
from pydantic import Field

from mdf.core.component import ComponentConfig
from mdf.core.tracker import Box, Detection, Track, Tracker

SIDE = 1000.0
"""Pixels of a side of the picture as those trackers see it: their filters expect pixels."""
BUFFER_RATE = 30.0
"""Frames a second in which they count how long an object is kept, whatever the camera's are."""
SMOOTHED = 0.5
"""Seconds over which speed and depth are smoothed: those trackers tell neither."""


class RoboflowTracker(Tracker):
    """Follows boxes with a tracker of the package `trackers`. Depth does not help it to tell objects apart.

    It counts in frames: the package's own use of time stamps confuses objects more often.
    """

    class Config(ComponentConfig):
        """Which one, and what the package calls `lost_track_buffer`."""

        algorithm: Literal["bytetrack", "sort", "ocsort", "botsort", "cbiou"] = Field(
            "bytetrack", description="The tracker."
        )
        fps: float = Field(25.0, gt=0, description="Frames a second that the camera gives.")
        keep: float = Field(2.0, gt=0, description="Seconds for which an object that is not seen is kept.")

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        kept: dict[str, float | bool] = {"lost_track_buffer": round(config.keep * BUFFER_RATE)}
        made = {
            "bytetrack": trackers.ByteTrackTracker,
            "sort": trackers.SORTTracker,
            "ocsort": trackers.OCSORTTracker,
            "botsort": trackers.BoTSORTTracker,
            "cbiou": trackers.CBIoUTracker,
        }[config.algorithm]
        kept["frame_rate"] = config.fps
        if config.algorithm == "botsort":
            kept["enable_cmc"] = False  # it would need the frames, and the camera is fixed
        self._tracker = made(**kept)
        self._known: dict[int, _Known] = {}

    def step(self, detections: Sequence[Detection], time: float) -> list[Track]:
        """The objects after a frame. `time` must be later than before."""
        given = supervision.Detections(
            xyxy=SIDE * np.array([one.box for one in detections], np.float64).reshape(-1, 4),
            confidence=np.array([one.confidence for one in detections], np.float64),
            data={"number": np.arange(len(detections))},
        )
        told = self._tracker.update(given)
        numbers = told.data.get("number", ())
        seen = {int(i): int(n) for i, n in zip(told.tracker_id, numbers, strict=True) if i >= 0} if len(told) else {}
        for identity, number in seen.items():
            known = self._known.setdefault(identity, _Known(detections[number].box, detections[number].depth, time))
            known.see(detections[number], time)
        self._known = {i: one for i, one in self._known.items() if time - one.seen_at <= self.config.keep}
        return [one.track(identity, seen.get(identity)) for identity, one in self._known.items()]


@dataclass(slots=True)
class _Known:
    """Where an object was seen last, and its smoothed depth and speed."""

    box: Box
    depth: float
    seen_at: float
    across: float = 0.0
    along: float = 0.0
    depth_rate: float = 0.0

    def see(self, detection: Detection, time: float) -> None:
        """Take a detection as its own."""
        passed = time - self.seen_at
        if passed > 0:
            share = 1 - math.exp(-passed / SMOOTHED)
            foot, before = detection.foot, ((self.box[0] + self.box[2]) / 2, self.box[3])
            self.across += share * ((foot[0] - before[0]) / passed - self.across)
            self.along += share * ((foot[1] - before[1]) / passed - self.along)
            if math.isfinite(detection.depth):
                change = share * (detection.depth - self.depth) if math.isfinite(self.depth) else math.nan
                self.depth_rate += share * (change / passed - self.depth_rate) if math.isfinite(change) else 0.0
                self.depth = self.depth + change if math.isfinite(change) else detection.depth
        self.box, self.seen_at = detection.box, time

    def track(self, identity: int, detection: int | None) -> Track:
        """What is told of it after a frame in which it is `detection`."""
        rate = self.depth_rate if math.isfinite(self.depth) else math.nan
        return Track(identity, self.box, self.depth, (self.across, self.along), rate, detection)
