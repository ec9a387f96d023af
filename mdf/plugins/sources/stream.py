"""A network camera as a source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from mdf.core.component import ComponentConfig
from mdf.core.source import Source, SourceFrame
from mdf.core.video.stream import decode_stream


class Stream(Source):
    """A live stream: RTSP and RTSPS (interleaved in TCP unless told otherwise), HTTP and HTTPS (MJPEG or a container),
    HLS, RTMP, SRT, UDP. User name and password stand in the address: `rtsp://USER:PASSWORD@HOST/PATH`."""

    class Config(ComponentConfig):
        """How it is read."""

        transport: Literal["tcp", "udp"] = Field("tcp", description="How RTSP carries pictures.")
        timeout: float = Field(10.0, gt=0, description="Seconds that opening and each read may take.")

    live = returns = True
    config: Config

    def frames(self) -> Iterator[SourceFrame]:
        """Open the stream."""
        limit = str(int(self.config.timeout * 1_000_000))
        options = {"fflags": "nobuffer+discardcorrupt", "flags": "low_delay", "timeout": limit, "rw_timeout": limit}
        if self.address.lower().startswith("rtsp"):
            options |= {"rtsp_transport": self.config.transport}
        yield from decode_stream(self.address, self.address, None, options, self.config.timeout, self.records)
