"""Video files as PyAV opens them: local files only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from mdf.core.errors import DataError

CONTAINERS = (
    "mov,mp4,m4v,matroska,webm,avi,mpegts,mpeg,mpegvideo,ogg,flv,asf,3gp,h264,hevc,obu,ivf,mjpeg,vc1,"
    "mxf,gxf,dv,nut,rm,dhav,yuv4mpegpipe"
)
OPTIONS = {"protocol_whitelist": "file", "format_whitelist": CONTAINERS}
"""No playlists and no addresses: a file that calls itself a video must not make us open others."""

CURE = "Copy the file again, or repair it: ffmpeg -err_detect ignore_err -i FILE -c:v libx264 -crf 17 new.mp4"

UNOPENED = (
    "If it is one, copy it again: what was cut off lacks its index. If it is an animation or of another format: "
    "ffmpeg -i FILE -c:v libx264 -crf 17 new.mp4. Images are known by their endings."
)


def open_video(path: Path) -> InputContainer:
    """The file, opened.

    Raises
        DataError: it is missing, or no video.
    """
    if not path.is_file():
        raise DataError(f"There is no video {path}.", "Check the path.")
    try:
        container = av.open(str(path.resolve()), options=dict(OPTIONS))
    except (av.FFmpegError, OSError, ValueError) as error:
        raise DataError(f"{path} cannot be opened as a video ({reason(error)}).", UNOPENED) from error
    assert isinstance(container, InputContainer)
    return container


def packets(container: InputContainer, tracks: tuple[VideoStream, ...]) -> Iterator[Packet[VideoStream]]:
    """The packets from here to where the file ends or cannot be read any more; each track's last one is empty."""
    try:
        yield from container.demux(tracks)
    except (av.FFmpegError, OSError):
        for track in tracks:
            end = cast("Packet[VideoStream]", Packet())
            end.stream = track
            yield end


def broken(path: Path, what: str) -> DataError:
    """The error that says what is wrong with a file."""
    return DataError(f"{path} {what}.", CURE)


def reason(error: Exception) -> str:
    """FFmpeg's own words, in short."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
