"""Keeps the coded pictures of a source until they are sent, whether their frames are passed over or not. Torch-free."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from mdf.core.footage import Coded, CodedPacket, CodedStream
from mdf.core.image import Pixels
from mdf.core.source import SourceFrame

if TYPE_CHECKING:
    from mdf.core.video.coded import FrameCoder

MOST = 64 * 1024 * 1024
"""Bytes of packets that wait at most. Older ones are lost then; their numbers show it."""


class Recorder:
    """Takes what a source codes, or encodes its frames where it does not.

    A source that was opened before somebody recorded is encoded until it is opened again.

    Attributes:
        is_on: whether somebody records; may be changed from any thread.
    """

    def __init__(self) -> None:
        self.is_on = False
        self._lock = threading.Lock()
        self._stream: CodedStream | None = None
        self._packets: deque[CodedPacket] = deque()
        self._bytes = 0
        self._coder: FrameCoder | None = None
        self._size = (0, 0)

    def add(self, frame: SourceFrame, arrived: float) -> SourceFrame:
        """Take a frame's coded pictures, while somebody records; gives the frame to go on with."""
        if not self.is_on:
            self._coder = None  # what is recorded later begins with a key frame
            return frame
        if frame.coded is not None:
            self._keep(frame.coded)
            return frame
        pixels = frame.pixels()
        coder = self._coder_for(pixels)
        self._keep(coder.add(pixels, arrived if frame.seconds is None else frame.seconds))
        return SourceFrame(lambda: pixels, frame.seconds)

    def take(self) -> Coded:
        """What has come since the last time."""
        with self._lock:
            coded = Coded(self._stream, tuple(self._packets))
            self._stream, self._bytes = None, 0
            self._packets.clear()
        return coded

    def _keep(self, coded: Coded) -> None:
        with self._lock:
            if coded.stream is not None:
                self._stream = coded.stream
                self._packets.clear()  # of the stream before it, which nobody can decode any more
                self._bytes = 0
            self._packets += coded.packets
            self._bytes += sum(len(packet.data) for packet in coded.packets)
            while self._bytes > MOST:
                self._bytes -= len(self._packets.popleft().data)

    def _coder_for(self, pixels: Pixels) -> FrameCoder:
        from mdf.core.video.coded import FrameCoder  # PyAV is an extra, and images do without it

        size = pixels.shape[0], pixels.shape[1]
        if self._coder is None or size != self._size:
            self._coder, self._size = FrameCoder(size), size
        return self._coder
