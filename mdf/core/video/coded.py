"""Copies the packets of a stream while it is decoded, or encodes the frames of a source that has none."""

from __future__ import annotations

from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import cast

import av
from av.codec.context import Flags
from av.packet import Packet
from av.video.stream import VideoStream

from mdf.core.footage import Coded, CodedPacket, CodedStream
from mdf.core.image import Pixels
from mdf.core.video.file import open_video, packets
from mdf.core.video.writer import VideoWriter

UNIT = Fraction(1, 1000)
"""The clock of frames that are encoded here, in seconds: milliseconds."""
AT_ONCE = {"tune": "zerolatency"}
"""Each frame gives its packet at once (libx264; others do anyway)."""
KEYS = 50
"""Frames between two key frames of what is encoded here, at most."""


class PacketCopy:
    """Collects copies of a stream's packets, from its first key frame on."""

    def __init__(self, stream: VideoStream) -> None:
        self._stream = stream
        self._number = 0
        self._begun: CodedStream | None = None
        self._packets: list[CodedPacket] = []

    def add(self, packet: Packet[VideoStream]) -> None:
        """Copy a packet. One without times is passed over, as is all before the first key frame."""
        pts, dts = packet.pts, packet.dts
        pts, dts = (dts if pts is None else pts), (pts if dts is None else dts)
        if packet.size == 0 or pts is None or dts is None or not (self._number or packet.is_keyframe):
            return
        if self._number == 0:
            self._begun = _begun(self._stream, packet)
        data = bytes(packet)
        self._packets.append(CodedPacket(self._number, data, pts, dts, packet.duration or 0, packet.is_keyframe))
        self._number += 1

    def take(self) -> Coded:
        """What was added since the last time."""
        coded = Coded(self._begun, tuple(self._packets))
        self._begun, self._packets = None, []
        return coded


class FrameCoder:
    """Encodes frames once, for a source that has no coded pictures: raw ones of a device, or images."""

    def __init__(self, size: tuple[int, int]) -> None:
        """For frames of `size` (height, width)."""
        self._container = av.open(BytesIO(), "w", format="nut")
        self._writer = VideoWriter(self._container, size, UNIT)
        coder = self._writer.stream.codec_context
        coder.flags |= Flags.global_header
        coder.gop_size = KEYS
        coder.options = {**coder.options, **AT_ONCE}
        self._container.start_encoding()  # the stream's parameters are known from now on
        self._copy = PacketCopy(self._writer.stream)

    def add(self, pixels: Pixels, seconds: float) -> Coded:
        """Encode a frame, H×W×3 uint8 RGB, shown at `seconds`; gives its packets."""
        for packet in self._writer.coded(pixels, round(seconds / UNIT), 1):
            packet.duration = 0  # the next frame tells
            self._copy.add(packet)
        return self._copy.take()

    def close(self) -> None:
        """Give its memory back."""
        self._container.close()


class FileCopy:
    """The packets of a file's track, read beside its frames."""

    def __init__(self, path: Path, track: int) -> None:
        self._container = open_video(path)
        stream = self._container.streams[track]
        assert isinstance(stream, VideoStream)
        self._copy = PacketCopy(stream)
        self._packets = packets(self._container, (stream,))
        self._next: Packet[VideoStream] | None = next(self._packets, None)
        first = self._next
        self._first = 0.0 if first is None or first.pts is None else _at(first, first.pts)

    def until(self, seconds: float) -> Coded:
        """The packets that the frame at `seconds` since the first one needs, those given before left out."""
        while (packet := self._next) is not None:
            if packet.dts is not None and _at(packet, packet.dts) - self._first > seconds + 1e-6:
                break
            self._copy.add(packet)
            self._next = next(self._packets, None)
        return self._copy.take()


def _at(packet: Packet[VideoStream], time: int) -> float:
    return 0.0 if packet.time_base is None else float(time * packet.time_base)


def _begun(stream: VideoStream, first: Packet[VideoStream]) -> CodedStream:
    file = BytesIO()
    with av.open(file, "w", format="nut") as container:
        packet = cast("Packet[VideoStream]", av.Packet(bytes(first)))
        packet.stream = container.add_stream_from_template(stream, opaque=True)
        packet.pts = packet.dts = 0
        packet.is_keyframe = True
        container.mux(packet)
    unit = first.time_base or stream.time_base
    assert unit is not None
    return CodedStream(file.getvalue(), stream.codec_context.codec.canonical_name, Fraction(unit))
