"""What the packets of a video file tell without decoding."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream
from numpy.typing import NDArray

from mdf.core.video.file import packets

Int64 = NDArray[np.int64]
Place = tuple[int | None, ...]
"""Where a packet lies in its file and its size, or its times and its size: by these it is known after a seek."""


@dataclass(slots=True)
class Packets:
    """The packets of one track, in the file's order.

    Attributes:
        pts: when each is shown, in the track's unit; None where the file does not say.
        dts: when each is decoded, alike.
        shown: whether a frame is expected of it: it is not empty, not cut away, and not before the first key packet.
        keys: numbers of the packets from which decoding can start.
        places: number of each key packet by its place; None where several have one place.
        durations: of each, in the track's unit; 0 = unknown.
        damaged: whether the file itself marks a packet as damaged.
    """

    pts: list[int | None] = field(default_factory=list)
    dts: list[int | None] = field(default_factory=list)
    shown: list[bool] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    places: dict[Place, int | None] = field(default_factory=dict)
    durations: list[int] = field(default_factory=list)
    damaged: bool = False

    def add(self, packet: Packet[VideoStream]) -> None:
        """Count one packet."""
        number = len(self.pts)
        if packet.is_keyframe and packet.size:
            self.keys.append(number)
            place = place_of(packet)
            self.places[place] = None if place in self.places else number
        self.pts.append(packet.pts)
        self.dts.append(packet.dts)
        self.shown.append(packet.size > 0 and not packet.is_discard and bool(self.keys))
        self.durations.append(packet.duration or 0)
        self.damaged = self.damaged or packet.is_corrupt

    def order(self) -> Int64 | None:
        """The packets in the order in which their frames are shown; None where their times do not tell it for sure."""
        used = [number for number, shown in enumerate(self.shown) if shown]
        times = [self.pts[number] for number in used]
        if self.damaged or not used or None in times:
            return None
        pts, numbers = np.array(times, np.int64), np.array(used, np.int64)
        later_keys = np.isin(numbers, self.keys).nonzero()[0]
        later_keys = later_keys[later_keys > 0]
        runs_back = np.maximum.accumulate(pts)[later_keys - 1] >= pts[later_keys]
        if len(np.unique(pts)) < len(pts) or runs_back.any():
            return None
        return numbers[np.argsort(pts)]


def place_of(packet: Packet[VideoStream]) -> Place:
    """By what a packet is known again."""
    return (packet.pos, packet.size) if packet.pos else (packet.pts, packet.dts, packet.size)


def read_packets(container: InputContainer, tracks: list[VideoStream]) -> dict[int, Packets]:
    """All packets of each track, by the track's index."""
    found = {track.index: Packets() for track in tracks}
    for packet in packets(container, tuple(tracks)):
        found[packet.stream_index].add(packet)
    return found
