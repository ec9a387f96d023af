"""A video file as a source."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from mdf.core.component import ComponentConfig
from mdf.core.source import Source, SourceFrame
from mdf.core.video.coded import FileCopy
from mdf.core.video.frames import VideoFrames


class VideoFile(Source):
    """Every frame of a video file, in order, as fast as it is asked for. Frame N is the same as in `mdf predict`."""

    class Config(ComponentConfig):
        """No options."""

    def frames(self) -> Iterator[SourceFrame]:
        """Read the file from its start to its end."""
        video = VideoFrames(Path(self.address).expanduser())
        step = float(video.unit)
        coded = FileCopy(video.path, video.track) if self.records else None
        for number, time in enumerate(video.times):
            seconds = float(time) * step
            yield SourceFrame(partial(video.frame, number), seconds, None if coded is None else coded.until(seconds))
