"""A camera at this machine as a source."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from mdf.core.component import ComponentConfig
from mdf.core.source import Source, SourceFrame
from mdf.core.video.stream import OF_DEVICES, decode_stream

HINT = (
    "`v4l2-ctl --list-devices` shows the cameras; where one has several devices the first gives pictures; "
    "to read it, the user must be in the group `video`"
)


class Device(Source):
    """A camera that Linux shows as /dev/videoN (V4L2): `0` means /dev/video0."""

    class Config(ComponentConfig):
        """What the camera is asked for; by default its own choice."""

        size: str | None = Field(
            None, pattern=r"^\d+x\d+$", description="Width and height in pixels, such as 1280x720."
        )
        fps: float | None = Field(None, gt=0, description="Frames a second.")
        pixels: str | None = Field(None, description="Form of its pictures, such as mjpeg or yuyv422.")

    live = returns = True
    config: Config

    def frames(self) -> Iterator[SourceFrame]:
        """Open the camera."""
        path = f"/dev/video{int(self.address)}" if self.address.isdecimal() else self.address
        asked = {"video_size": self.config.size, "framerate": self.config.fps, "input_format": self.config.pixels}
        options = {name: str(value) for name, value in asked.items() if value is not None}
        yield from decode_stream(path, path, "v4l2", options, None, self.records, HINT, OF_DEVICES)
