"""Frames of a video file, each with the number of the packet that it came from."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mdf.core.image import MAX_PIXELS
from mdf.core.video.file import open_video, packets, reason
from mdf.core.video.packets import MISSING, place_of
from mdf.core.video.track import VideoTrack

Numbered = tuple[int, VideoFrame]
PATIENCE = 64
"""Packets after a key packet by which its own frame has come. It never comes where pictures are renewed in parts."""


class Decoding:
    """Decodes a recording from its start, or from a key packet.

    Packets that cannot be decoded are passed over, as players do.

    Attributes:
        failures: packets that could not be decoded, so far.
        reason: why the last of them could not.
    """

    def __init__(self, track: VideoTrack, threaded: bool = True) -> None:
        self._track, self._threaded = track, threaded
        self._container: InputContainer | None = None
        self.failures = 0
        self.reason = "it is not in the stream"

    def from_start(self) -> Iterator[Numbered]:
        """(packet number, frame) of every frame, in the order of showing."""
        self.close()
        container, stream = self._open()
        yield from self._decoded(enumerate(packets(container, (stream,))))

    def from_key(self, wanted: int) -> tuple[int, Iterator[Numbered]] | None:
        """The key packet on which a seek for the packet `wanted` lands, and the frames from its own on.

        None where it is not known on which packet the seek landed.
        """
        known = self._track.packets
        time = int(known.pts[wanted] if known.pts[wanted] != MISSING else known.dts[wanted])
        container, stream = self._open()
        if time == MISSING:
            return None
        try:
            container.seek(time, stream=stream, backward=True)
        except (av.FFmpegError, OSError):
            return None
        rest = packets(container, (stream,))
        first = next((packet for packet in rest if packet.is_keyframe and packet.size), None)
        key = known.places.get(place_of(first)) if first is not None else None
        if first is None or key is None:
            return None
        return key, self._from_own_frame(key, enumerate(chain([first], rest), key))

    def close(self) -> None:
        """Close the file."""
        if self._container is not None:
            self._container.close()
            self._container = None

    def _open(self) -> tuple[InputContainer, VideoStream]:
        """The file, which stays open between seeks."""
        if self._container is None:
            self._container = open_video(self._track.path)
            stream = self._stream(self._container)
            stream.thread_type = "AUTO" if self._threaded else "NONE"
            stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
        return self._container, self._stream(self._container)

    def _stream(self, container: InputContainer) -> VideoStream:
        stream = container.streams[self._track.number]
        assert isinstance(stream, VideoStream)
        return stream

    def _from_own_frame(self, key: int, numbered: Iterator[tuple[int, Packet[VideoStream]]]) -> Iterator[Numbered]:
        """Frames that are shown before the key packet's own need what was before it, so they are left out."""
        begun = False
        for number, frame in self._decoded(numbered):
            begun = begun or number == key
            if not begun and number > key + PATIENCE:
                return
            if begun:
                yield number, frame

    def _decoded(self, numbered: Iterator[tuple[int, Packet[VideoStream]]]) -> Iterator[Numbered]:
        for number, packet in numbered:
            if packet.size:
                packet.pts = number  # decoders hand it on to the frame: so each frame tells its packet
            try:
                frames = packet.decode()
            except (av.FFmpegError, OSError) as error:
                self.failures += 1
                self.reason = reason(error)
                continue
            for frame in frames:
                if frame.pts is not None:
                    yield frame.pts, frame
