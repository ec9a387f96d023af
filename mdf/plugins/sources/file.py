"""A video file as a source."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from mdf.core.component import ComponentConfig
from mdf.core.source import Source, SourceFrame
from mdf.core.video.frames import VideoFrames


class VideoFile(Source):
    """Every frame of a video file, in order, as fast as it is asked for. Frame N is the same as in `mdf predict`."""

    class Config(ComponentConfig):
        """No options."""

    def frames(self) -> Iterator[SourceFrame]:
        """Read the file from its start to its end."""
        video = VideoFrames(Path(self.address).expanduser())
        step = float(video.unit)
        for number, time in enumerate(video.times):
            yield SourceFrame(partial(video.frame, number), float(time) * step)
