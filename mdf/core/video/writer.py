"""Videos as results: MP4 files in which each frame has its own time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.packet import Packet
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream
from numpy.typing import NDArray

from mdf.core.errors import MdfError
from mdf.core.files import whole

ENCODERS = {"libx264": {"crf": "18", "preset": "veryfast", "bf": "0"}, "mpeg4": {"qscale": "3"}}
"""The first one that this build of PyAV has is used; mpeg4 always is there. Neither writes B-frames: with them, an MP4
of uneven times would tell too short a length."""
FINEST = 65535
"""The most steps of a clock in a second that MPEG-4 can write."""
USUAL = Fraction(1, 60000)
"""The clock instead of one that is too fine: it has whole steps for all usual frame rates."""
BT709 = 1
"""The number of BT.709 in a file's marks (ISO/IEC 23091-2), for matrix, primaries and transfer."""


class VideoWriter:
    """An open MP4 of `size` (height, width) whose clock has steps of `unit` seconds; odd sides get one more row or
    column."""

    def __init__(self, container: OutputContainer, size: tuple[int, int], unit: Fraction) -> None:
        self._container, self._size, self._unit = container, size, unit
        self._clock = unit if unit.denominator <= FINEST else USUAL
        self._last = -1
        self._durations: dict[int, int] = {}
        encoder = next(name for name in ENCODERS if name in av.codecs_available)
        stream = container.add_stream(encoder, options=dict(ENCODERS[encoder]))
        assert isinstance(stream, VideoStream)
        stream.height, stream.width = size[0] + size[0] % 2, size[1] + size[1] % 2
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = self._clock
        stream.codec_context.colorspace = BT709
        stream.codec_context.color_primaries = stream.codec_context.color_trc = BT709
        stream.codec_context.color_range = ColorRange.MPEG
        self._stream = stream

    @property
    def stream(self) -> VideoStream:
        """The stream that it encodes."""
        return self._stream

    def add(self, pixels: NDArray[np.uint8], time: int, duration: int) -> None:
        """One frame, H×W×3 uint8 RGB, shown at `time` (later than the one before it) for `duration`, in `unit`."""
        self._write(self.coded(pixels, time, duration))

    def coded(self, pixels: NDArray[np.uint8], time: int, duration: int) -> list[Packet[VideoStream]]:
        """The packets of a frame as `add` would write them, for who writes them himself."""
        even = np.pad(pixels, ((0, self._size[0] % 2), (0, self._size[1] % 2), (0, 0)), mode="edge")
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24")
        coded = frame.reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG, threads=1
        )
        coded.pts = self._last = max(self._last + 1, round(time * self._unit / self._clock))
        coded.time_base = self._clock
        self._durations[self._last] = max(1, round(duration * self._unit / self._clock))
        return self._stream.encode(coded)

    def finish(self) -> None:
        """Write what the encoder still holds."""
        self._write(self._stream.encode(None))

    def _write(self, packets: list[Packet[VideoStream]]) -> None:
        for packet in packets:
            assert packet.pts is not None
            packet.duration = self._durations.pop(packet.pts)  # an encoder knows none: the last frame's would be lost
            self._container.mux(packet)


@contextmanager
def writing(path: Path, size: tuple[int, int], unit: Fraction, scratch: Path) -> Iterator[VideoWriter]:
    """A video that appears at `path` when the block ends well. Raises MdfError where it cannot be encoded."""
    try:
        with whole(path, scratch) as beside, av.open(str(beside), "w", format="mp4") as container:
            writer = VideoWriter(container, size, unit)
            yield writer
            writer.finish()
    except av.FFmpegError as error:
        raise MdfError(
            f"{path} of {size[1]}×{size[0]} pixels cannot be encoded: {error}",
            "free some space, or use `--frames` alone",
        ) from error
