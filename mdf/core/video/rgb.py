"""Decoded frames as people see them: RGB, upright."""

from __future__ import annotations

import errno
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.buffer import Buffer
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from mdf.core.errors import DataError
from mdf.core.image import Pixels

PLAIN = "field_mode=prog:chroma_location=unspecified"
"""Marks that make one conversion of all files: that of FFmpeg's program, which looks at neither."""
SAME_AS = {3: "smpte170m", 10: "bt2020nc"}
"""Colour spaces (by their number in ISO/IEC 23091-2) that are converted as another one: reserved, BT.2020 constant."""


class RGBConverter:
    """Makes RGB of a file's frames as FFmpeg's program does, by the matrix and range that it says (else BT.601)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reformatter = VideoReformatter()
        self._shape: tuple[int, int, str, int] | None = None
        self._graph = Graph()

    def __call__(self, frame: VideoFrame) -> Pixels:
        """The frame upright, H×W×3 uint8 RGB.

        Raises
            DataError: its colour space cannot be converted, or it is turned by no multiple of 90°.
        """
        pixels = self._convert(self._plain(frame)).to_ndarray()
        return np.ascontiguousarray(_turn(np.asarray(pixels, np.uint8), _turned(self._path, frame)), dtype=np.uint8)

    def _plain(self, frame: VideoFrame) -> VideoFrame:
        """The same frame with the marks `PLAIN`."""
        shape = (frame.width, frame.height, frame.format.name, frame.colorspace)
        if shape != self._shape:
            self._graph = Graph()
            source = self._graph.add_buffer(
                width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
            )
            space = SAME_AS.get(frame.colorspace)
            marked = self._graph.add("setparams", f"{PLAIN}:colorspace={space}" if space else PLAIN)
            end = self._graph.add("buffersink")
            source.link_to(marked)
            marked.link_to(end)
            self._graph.configure()
            self._shape = shape
        self._graph.push(frame)
        plain = self._graph.pull()
        assert isinstance(plain, VideoFrame)
        return plain

    def _convert(self, frame: VideoFrame) -> VideoFrame:
        try:
            return self._reformatter.reformat(frame, format="rgb24", interpolation="BICUBIC", threads=1)
        except (av.FFmpegError, OSError) as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL):
                raise
            raise DataError(
                f"{self._path}: its colours cannot be converted to RGB (pixel format {frame.format.name}, "
                f"colour space {frame.colorspace}): {error.strerror}.",
                "Convert the video: ffmpeg -i FILE -vf zscale=matrix=709 -c:v libx264 -crf 17 new.mp4",
            ) from error


def upright_size(path: Path, frame: VideoFrame) -> tuple[int, int]:
    """(height, width) of a frame of the file as people see it. Raises as `RGBConverter`."""
    return (frame.width, frame.height) if _turned(path, frame)[0] else (frame.height, frame.width)


def _turn(pixels: Pixels, turned: tuple[bool, bool, bool]) -> Pixels:
    swapped, mirrored, upside_down = turned
    if swapped:
        pixels = pixels.transpose(1, 0, 2)
    if mirrored:
        pixels = pixels[:, ::-1]
    return pixels[::-1] if upside_down else pixels


def _turned(path: Path, frame: VideoFrame) -> tuple[bool, bool, bool]:
    """How the file says that a frame is to be shown: rows and columns swapped, then left and right, up and down."""
    matrix = cast("Mapping[str, Buffer]", frame.side_data).get("DISPLAYMATRIX")
    if matrix is None:
        return False, False, False
    a, b, _, c, d, *_ = struct.unpack("=9i", bytes(matrix))
    straight, across = abs(a) + abs(d), abs(b) + abs(c)
    if min(straight, across) * 10 > max(straight, across):
        raise DataError(
            f"{path} declares a rotation that is not a multiple of 90°.",
            "Turn the video upright: ffmpeg -i FILE -c:v libx264 -crf 17 new.mp4",
        )
    return (True, c < 0, b < 0) if across > straight else (False, a < 0, d < 0)
