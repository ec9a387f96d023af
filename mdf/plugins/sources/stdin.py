"""Standard input as a source."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from mdf.core.component import ComponentConfig
from mdf.core.source import Source, SourceFrame
from mdf.core.video.stream import decode_stream

Y4M = b"YUV4MPEG2"


class StandardInput(Source):
    """What another program writes: MJPEG or y4m, told by its first bytes. Every frame is read, and the writer waits;
    with `live` the newest frame counts, as of a camera."""

    class Config(ComponentConfig):
        """What is read, and how."""

        format: Literal["auto", "mjpeg", "y4m"] = Field("auto", description="What comes; auto = by its first bytes.")
        fps: float = Field(25.0, gt=0, description="Frames a second of MJPEG, which has no times.")
        live: bool = Field(False, description="Whether frames come in real time, and older ones may be passed over.")

    config: Config

    def __init__(self, config: Config, address: str) -> None:
        super().__init__(config, address)
        self.live = config.live

    def frames(self) -> Iterator[SourceFrame]:
        """Read to the end of the input."""
        pipe = io.BufferedReader(io.FileIO(sys.stdin.fileno(), closefd=False))
        form = self.config.format
        if form == "y4m" or (form == "auto" and pipe.peek(len(Y4M))[: len(Y4M)] == Y4M):
            yield from decode_stream("standard input", pipe, "yuv4mpegpipe", {}, None)
            return
        options = {"framerate": str(self.config.fps)}
        for number, frame in enumerate(decode_stream("standard input", pipe, "mjpeg", options, None, self.records)):
            yield SourceFrame(frame.pixels, number / self.config.fps, frame.coded)
