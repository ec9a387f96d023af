"""The frames of a video file by number, decoded one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from mdf.core.errors import DataError, MdfError
from mdf.core.files import whole
from mdf.core.image import MAX_PIXELS, Pixels, check_same

Numbers = np.ndarray[Any, np.dtype[np.int64]]
CONTAINERS = "mov,mp4,m4v,matroska,webm,avi,mpegts,mpeg,ogg,flv,asf,3gp"
OPTIONS = {"protocol_whitelist": "file", "format_whitelist": CONTAINERS}
"""No playlists and no addresses: a file that calls itself a video must not make us open others."""

AHEAD = 64
"""Frames that are rather decoded and passed over than sought."""


class VideoFrames:
    """A file's first video stream. Opening it lists the times of its frames and decodes none.

    Raises
        DataError: the file is missing, no video, or cannot be decoded.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._decoding: Iterator[av.VideoFrame] | None = None
        self._next = 0
        self._container = self._open()
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "AUTO"
        self.size = (self._stream.height, self._stream.width)
        if not 0 < self.size[0] * self.size[1] <= MAX_PIXELS:
            raise DataError(
                f"{path} declares {self.size[1]}×{self.size[0]} pixels a frame; more than "
                f"{MAX_PIXELS // 1_000_000} megapixels are not decoded.",
                "Scale the video down.",
            )
        self._times = self._list()

    def __len__(self) -> int:
        return len(self._times)

    @property
    def rate(self) -> Fraction:
        """Frames a second, on the average of the whole file; 25 where it does not tell (a single frame)."""
        base, duration = self._stream.time_base, int(self._times[-1] - self._times[0])
        if base is None or not duration:
            return Fraction(25)
        return ((len(self) - 1) / (duration * base)).limit_denominator(1001)

    def every(self, fps: float | None) -> Numbers:
        """Numbers of the frames to take for `fps` of them a second (the one shown at each moment); None = all."""
        if fps is None:
            return np.arange(len(self), dtype=np.int64)
        base = self._stream.time_base
        seconds = (self._times - self._times[0]) * float(base if base is not None else 1)
        moments = np.arange(0, seconds[-1] + 1e-9, 1 / fps)
        return np.unique(np.searchsorted(seconds, moments + 1e-9, side="right") - 1)

    def frame(self, number: int) -> Pixels:
        """H×W×3 uint8 RGB of one frame; the same bytes in whatever order frames are asked for.

        Raises
            DataError: it cannot be decoded, or is of another size than the video.
        """
        wanted = int(self._times[number])
        found = None
        if self._decoding is not None and self._next <= number < self._next + AHEAD:
            with suppress(DataError):  # of damage on the way, which a frame sought by itself may not need
                found = self._decode_until(wanted, number)
        if found is None:
            self._seek(wanted)
            found = self._decode_until(wanted, number)
        check_same(f"frame {number} of {self.path}", (found.height, found.width), self.size, "the video")
        return np.asarray(found.to_ndarray(format="rgb24"), dtype=np.uint8)

    def _open(self) -> av.container.InputContainer:
        if not self.path.is_file():
            raise DataError(f"video: there is no file {self.path}.", "Give a video file after the colon: video:PATH.")
        try:
            container = av.open(str(self.path.resolve()), options=OPTIONS)
        except (av.FFmpegError, OSError, ValueError) as error:
            raise self._broken(f"cannot be opened as a video ({_reason(error)})") from error
        if not container.streams.video:
            raise self._broken("has no pictures in it")
        return container

    def _list(self) -> Numbers:
        """When each frame is shown, in the stream's own unit, in order."""
        times: list[int] = []
        begun = False
        try:
            for packet in self._container.demux(self._stream):
                if packet.size == 0:
                    continue
                if packet.pts is None:
                    raise self._broken("does not say when its pictures are shown")
                begun = begun or packet.is_keyframe
                if begun and not packet.is_discard:
                    times.append(packet.pts)
        except av.FFmpegError as error:
            if not times:
                raise self._broken(f"cannot be read ({_reason(error)})") from error
        if not times:
            raise self._broken("holds no frames")
        return np.unique(np.array(times, dtype=np.int64))

    def _seek(self, time: int) -> None:
        try:
            self._container.seek(time, stream=self._stream, backward=True)
        except av.FFmpegError as error:
            raise self._broken(f"cannot be sought in ({_reason(error)})") from error
        self._decoding = self._container.decode(self._stream)

    def _decode_until(self, time: int, number: int) -> av.VideoFrame:
        assert self._decoding is not None
        try:
            for frame in self._decoding:
                if frame.pts is not None and frame.pts >= time:
                    if frame.pts == time:
                        self._next = number + 1
                        return frame
                    break
            reason = "it is not in the stream"
        except (av.FFmpegError, OSError) as error:
            reason = _reason(error)
        self._decoding = None
        raise self._broken(f"is damaged: frame {number} of {len(self)} cannot be decoded ({reason})")

    def _broken(self, what: str) -> DataError:
        return DataError(
            f"{self.path} {what}.",
            "Download or copy the file again, or convert it: ffmpeg -i FILE -c:v libx264 -crf 17 new.mp4; "
            "the option `frames` stops before damage at the end.",
        )


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


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
