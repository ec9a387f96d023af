"""The frames of a video by number: frame N is the N-th that decoding the file from its start gives.

Packets tell it without decoding where each is one frame and its time of showing is right. In many files it is not:
AVI has no such times, joined recordings have them twice, a cut recording begins with frames that cannot be decoded.
So a short video is decoded once to number its frames. A long one is decoded at some places only, where its container
and codec can be trusted; where they cannot, or the places do not agree with the packets, all of it is.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np

from mdf.core.spread import spread
from mdf.core.video.clock import best_stamps, count_on
from mdf.core.video.decoding import Decoding
from mdf.core.video.file import broken
from mdf.core.video.packets import MISSING, Int64
from mdf.core.video.rgb import upright_size
from mdf.core.video.track import VideoTrack, find_track

SHORT = 1_000_000_000
"""Pixels of all frames up to which a video is decoded to number its frames: one to three seconds."""
TIMED = {"mov", "matroska", "flv", "mpegts"}
"""Containers that tell when a frame is shown."""
ONE_EACH = {"h264", "hevc", "av1", "vp9", "mpeg4"}
"""Codecs of which a packet is one frame, in those containers."""
SPOTS, SPOT = 8, 300
"""Places at which a long video is decoded, and the most frames at each."""


@dataclass(frozen=True, slots=True)
class VideoIndex:
    """The frames of a video's recording by number.

    Attributes:
        track: the recording, and its packets.
        size: (height, width) of a frame as people see it.
        order: the number of the packet of each frame.
        frames: the number of the frame of each packet; -1 = none.
        keys: numbers of the frames from which decoding can start, in order.
        times: when each frame is shown, from 0, in `unit`; strictly increasing.
        unit: seconds of a step of `times`.
        last: how long the last frame is shown, in `unit`.
        failures: packets that gave no frame because of damage.
        damaged: frames that are there in part only.
        counted: whether all frames were decoded to number them; else their packets tell it.
    """

    track: VideoTrack
    size: tuple[int, int]
    order: Int64
    frames: Int64
    keys: Int64
    times: Int64
    unit: Fraction
    last: int
    failures: int = 0
    damaged: int = 0
    counted: bool = False

    @property
    def must_be_there(self) -> bool:
        """Whether decoding on must give each frame. If it does not, the packets do not tell the frames after all."""
        return not self.counted and not self.track.intra_only

    @property
    def is_whole(self) -> bool:
        """Whether nothing is damaged. Else what a frame shows depends on where decoding began and on the threads."""
        return not self.failures and not self.damaged

    def starts(self, number: int) -> list[int]:
        """Packets from which to decode for frame `number`: the nearest before it, then some farther back."""
        if not self.is_whole:
            return []
        before = self.keys[: np.searchsorted(self.keys, number, side="right")][::-1]
        return [int(self.order[before[i]]) for i in (0, 1, 2, 4, 8, 16) if i < len(before)]


def index_video(path: Path) -> VideoIndex:
    """Number the frames of a file.

    Raises
        DataError: it is missing, no video, too large, or nothing in it can be decoded.
    """
    track = find_track(path)
    order = track.packets.order()
    if order is not None and track.intra_only:
        return _of_order(track, order)
    trusted = not TIMED.isdisjoint(track.containers) and track.codec in ONE_EACH
    if order is not None and trusted and len(order) * track.size[0] * track.size[1] > SHORT:
        index = _of_order(track, order)
        if _is_right(index):
            return index
    return _counted(track)


def _of_order(track: VideoTrack, order: Int64) -> VideoIndex:
    """The index that the packets' times tell."""
    decoding = Decoding(track)
    size = next((upright_size(track.path, frame) for _, frame in decoding.from_start()), None)
    decoding.close()
    if size is None:
        raise broken(track.path, f"holds no frame that can be decoded ({decoding.reason})")
    return _index(track, order, track.packets.pts[order], size)


def _is_right(index: VideoIndex) -> bool:
    """Whether what some places decode to agrees with the index: the start, the end, and some between."""
    for spot in spread(len(index.keys), SPOTS):
        first = int(index.keys[spot])
        decoding = Decoding(index.track)
        if spot == 0:
            numbered = decoding.from_start()
        else:
            landed = decoding.from_key(int(index.order[first]))
            if landed is None or index.frames[landed[0]] > first:
                return False
            first, numbered = int(index.frames[landed[0]]), landed[1]
        decoded = [(number, frame.is_corrupt) for number, frame in islice(numbered, SPOT)]
        decoding.close()
        expected = [(number, False) for number in index.order[first : first + SPOT].tolist()]
        if decoding.failures or decoded != expected:
            return False
    return True


def _counted(track: VideoTrack, threaded: bool = True) -> VideoIndex:
    """The index that decoding everything gives."""
    order, stamps = array("q"), array("q")
    size, damaged = None, 0
    decoding = Decoding(track, threaded)
    for number, frame in decoding.from_start():
        order.append(number)
        stamps.append(MISSING if frame.dts is None else frame.dts)
        size = size or upright_size(track.path, frame)
        damaged += frame.is_corrupt
    decoding.close()
    if threaded and (decoding.failures or damaged or len(order) < track.packets.shown.sum()):
        return _counted(track, threaded=False)  # with several threads, damage would hide frames at the end
    if size is None:
        raise broken(track.path, f"holds no frame that can be decoded ({decoding.reason})")
    numbers = np.array(order, np.int64)
    times = best_stamps(track.packets.pts[numbers], np.array(stamps, np.int64))
    return replace(_index(track, numbers, times, size), failures=decoding.failures, damaged=damaged, counted=True)


def _index(track: VideoTrack, order: Int64, stamps: Int64, size: tuple[int, int]) -> VideoIndex:
    packets = track.packets
    frames = np.full(len(packets.pts), -1, np.int64)
    frames[order] = np.arange(len(order))
    keys = np.unique(frames[packets.keys])
    unit, step = track.unit, int(1 / (track.rate * track.unit))
    if not step or (stamps == MISSING).all():
        unit, step = 1 / track.rate, 1
    times = count_on(stamps, step)
    usual = int(np.median(np.diff(times))) if len(times) > 1 else step
    last = int(packets.durations[order[-1]]) or usual
    return VideoIndex(track, size, order, frames, keys[keys >= 0], times, unit, last)
