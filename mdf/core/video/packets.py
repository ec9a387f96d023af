"""What the packets of a video file tell without decoding."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream
from numpy.typing import NDArray

from mdf.core.video.file import packets

Int64 = NDArray[np.int64]
MISSING = -(2**63)
"""A time that a file does not tell."""
Place = tuple[int | None, ...]
"""Where a packet lies in its file and its size, or its times and its size: by these it is known after a seek."""


@dataclass(frozen=True, slots=True)
class Packets:
    """The packets of one track, in the file's order.

    Attributes:
        pts: when each is shown, in the track's unit, or `MISSING`.
        dts: when each is decoded, alike.
        durations: how long each is shown, alike; 0 = unknown.
        shown: whether a frame is expected of it: it is not empty, not cut away, and not before the first key packet.
        keys: numbers of the packets from which decoding can start.
        places: number of each key packet by its place; None where several have one place.
        damaged: whether the file itself marks a packet as damaged.
    """

    pts: Int64
    dts: Int64
    durations: Int64
    shown: NDArray[np.bool_]
    keys: Int64
    places: dict[Place, int | None]
    damaged: bool

    def order(self) -> Int64 | None:
        """The packets in the order in which their frames are shown; None where their times do not tell it for sure."""
        numbers = np.flatnonzero(self.shown)
        pts = self.pts[numbers]
        if self.damaged or not len(numbers) or (pts == MISSING).any():
            return None
        later_keys = np.flatnonzero(np.isin(numbers, self.keys))
        later_keys = later_keys[later_keys > 0]
        runs_back = np.maximum.accumulate(pts)[later_keys - 1] >= pts[later_keys]
        if len(np.unique(pts)) < len(pts) or runs_back.any():
            return None
        return numbers[np.argsort(pts)]


def place_of(packet: Packet[VideoStream]) -> Place:
    """By what a packet is known again."""
    return (packet.pos, packet.size) if packet.pos else (packet.pts, packet.dts, packet.size)


def read_packets(container: InputContainer, tracks: list[VideoStream]) -> dict[int, Packets]:
    """All packets of each track, by the track's number."""
    found = {track.index: _Collected() for track in tracks}
    for packet in packets(container, tuple(tracks)):
        found[packet.stream.index].add(packet)  # the empty one at the end has no `stream_index` of its own
    return {number: collected.finish() for number, collected in found.items()}


@dataclass(slots=True)
class _Collected:
    """Packets while they are read: a day's recording has millions."""

    pts: array[int] = field(default_factory=lambda: array("q"))
    dts: array[int] = field(default_factory=lambda: array("q"))
    durations: array[int] = field(default_factory=lambda: array("q"))
    keys: array[int] = field(default_factory=lambda: array("q"))
    shown: bytearray = field(default_factory=bytearray)
    places: dict[Place, int | None] = field(default_factory=dict)
    damaged: bool = False

    def add(self, packet: Packet[VideoStream]) -> None:
        if packet.is_keyframe and packet.size:
            place = place_of(packet)
            self.places[place] = None if place in self.places else len(self.pts)
            self.keys.append(len(self.pts))
        self.pts.append(MISSING if packet.pts is None else packet.pts)
        self.dts.append(MISSING if packet.dts is None else packet.dts)
        self.durations.append(packet.duration or 0)
        self.shown.append(packet.size > 0 and not packet.is_discard and len(self.keys) > 0)
        self.damaged = self.damaged or packet.is_corrupt

    def finish(self) -> Packets:
        return Packets(
            pts=np.array(self.pts, np.int64),
            dts=np.array(self.dts, np.int64),
            durations=np.array(self.durations, np.int64),
            shown=np.array(self.shown, np.bool_),
            keys=np.array(self.keys, np.int64),
            places=self.places,
            damaged=self.damaged,
        )
