"""A video file of copied packets."""

from __future__ import annotations

import os
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import cast

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from mdf.core.footage import CodedPacket, CodedStream

IN_MP4 = ("h264", "hevc", "av1", "mpeg4", "vp9")
"""Codecs that go into an MP4. Everything else goes into a Matroska file."""
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
"""Written in pieces that each can be played: what was recorded before a crash or a full disk is kept."""


class ClipFile:
    """Packets of one stream, from a key frame on; its time begins at 0.

    Attributes:
        path: where it is written.
        seconds: how long it is so far.
    """

    def __init__(self, path: Path, stream: CodedStream) -> None:
        """Begin it. Raises FFmpegError, OSError."""
        self.path, self._unit = path, stream.unit
        self.seconds = 0.0
        self._start: int | None = None
        self._last = -1
        self._template = av.open(BytesIO(stream.header), format="nut")
        assert isinstance(self._template, InputContainer)
        form, options = ("mp4", dict(FRAGMENTS)) if path.suffix == ".mp4" else ("matroska", {})
        self._container = av.open(str(path), "w", format=form, options=options)
        self._stream = self._container.add_stream_from_template(self._template.streams.video[0], opaque=True)

    @staticmethod
    def ending(stream: CodedStream) -> str:
        """The ending of the file's name: `.mp4`, or `.mkv` for what that cannot hold."""
        return ".mp4" if stream.codec in IN_MP4 else ".mkv"

    def add(self, packet: CodedPacket) -> None:
        """Add a packet. Raises FFmpegError, OSError."""
        if self._start is None:
            self._start = packet.dts
        copy = cast("Packet[VideoStream]", av.Packet(packet.data))
        copy.dts = self._last = max(packet.dts - self._start, self._last + 1)  # some cameras' times run back a step
        copy.pts = max(packet.pts - self._start, copy.dts)
        copy.time_base, copy.duration = self._unit, packet.duration
        copy.is_keyframe = packet.is_key
        copy.stream = self._stream
        self.seconds = float(self._last * self._unit)
        self._container.mux_one(copy)

    def finish(self) -> None:
        """Close it. Raises FFmpegError, OSError."""
        try:
            self._container.close()
        finally:
            self._template.close()

    def drop(self) -> None:
        """Close it as it is, after it could not be written. What is whole of it stays."""
        with suppress(av.FFmpegError, OSError):
            self.finish()
        with suppress(OSError):
            whole = _whole(self.path) if self.path.suffix == ".mp4" else self.path.stat().st_size
            if whole:
                os.truncate(self.path, whole)
            else:
                self.path.unlink()


def _whole(path: Path) -> int:
    """The bytes of an MP4 of fragments up to its last whole fragment; 0 = it has none."""
    whole = at = 0
    length = path.stat().st_size
    with path.open("rb") as file:
        while len(head := file.read(8)) == 8:
            size, kind = int.from_bytes(head[:4], "big"), head[4:]
            at += size
            if size < 8 or at > length:
                break
            whole = at if kind == b"mdat" else whole
            file.seek(at)
    return whole
