"""Writes a video, frame by frame, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from mdf.core.errors import MdfError
from mdf.core.files import whole

ENCODERS = {"libx264": {"crf": "18", "preset": "veryfast"}, "mpeg4": {"qscale": "3"}}
"""The first one that this build of PyAV has is used; mpeg4 always is there."""


class VideoWriter:
    """An open MP4 of `size` (height, width) at `rate` frames a second; odd sides get one more row or column."""

    def __init__(self, container: av.container.OutputContainer, size: tuple[int, int], rate: Fraction) -> None:
        self._container, self._size = container, size
        encoder = next(name for name in ENCODERS if name in av.codecs_available)
        stream = container.add_stream(encoder, rate=rate, options=dict(ENCODERS[encoder]))
        assert isinstance(stream, VideoStream)
        stream.height, stream.width = size[0] + size[0] % 2, size[1] + size[1] % 2
        stream.pix_fmt = "yuv420p"
        self._stream = stream

    def add(self, pixels: NDArray[np.uint8]) -> None:
        """One frame, H×W×3 uint8 RGB."""
        even = np.pad(pixels, ((0, self._size[0] % 2), (0, self._size[1] % 2), (0, 0)), mode="edge")
        self._container.mux(self._stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24")))

    def finish(self) -> None:
        """Write what the encoder still holds."""
        self._container.mux(self._stream.encode(None))


@contextmanager
def writing(path: Path, size: tuple[int, int], rate: Fraction, scratch: Path) -> Iterator[VideoWriter]:
    """A video that appears at `path` when the block ends well. Raises MdfError where it cannot be encoded."""
    try:
        with whole(path, scratch) as beside, av.open(str(beside), "w", format="mp4") as container:
            writer = VideoWriter(container, size, rate)
            yield writer
            writer.finish()
    except av.FFmpegError as error:
        raise MdfError(
            f"{path} of {size[1]}×{size[0]} pixels cannot be encoded: {error}",
            "free some space, or use `--frames` alone",
        ) from error
