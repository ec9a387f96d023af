"""Streams and devices, decoded as they come: no index, no seeking."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import IO, Any

import av
from av.container import InputContainer
from av.video.frame import VideoFrame

from mdf.core.address import shown
from mdf.core.errors import DataError, MdfError, SourceError
from mdf.core.image import MAX_PIXELS
from mdf.core.source import SourceFrame
from mdf.core.video.coded import PacketCopy
from mdf.core.video.file import reason
from mdf.core.video.rgb import RGBConverter

REFUSED = {
    "HTTPUnauthorizedError": "the camera refused the user name or the password",
    "HTTPForbiddenError": "the camera refused access",
    "HTTPNotFoundError": "the camera has no such stream",
    "ProtocolNotFoundError": "this kind of address cannot be read",
    "InvalidDataError": "what it sends is no video",
}
"""Errors of FFmpeg that trying again does not cure, by the name of their class in PyAV."""
OF_DEVICES = {
    errno.EBUSY: "it is in use by another program",
    errno.ENOENT: "there is no such device",
    errno.ENODEV: "there is no camera at it",
    errno.ENXIO: "there is no camera at it",
    errno.ENOTTY: "it is no camera",
    errno.EACCES: "this user may not read it",
}
OF_STREAMS = {
    errno.ENOENT: "there is nothing at this address",
    errno.ENODEV: "there is no stream at this address",
    errno.ENXIO: "there is no stream at this address",
    errno.EACCES: "access to it was refused",
}
"""What the system's errors mean, of a device file and of an address."""
FATAL = (errno.ENOENT, errno.ENOTTY, errno.EACCES, errno.EPERM)
HINT = "check the address, user name and password, and that `ffplay ADDRESS` shows a picture"


def decode_stream(
    what: str,
    file: str | IO[bytes],
    form: str | None,
    options: dict[str, str],
    timeout: float | None,
    records: bool = False,
    hint: str = HINT,
    meanings: Mapping[int, str] = OF_STREAMS,
) -> Iterator[SourceFrame]:
    """Frames of a stream, a device or an open file as they come; damaged packets are passed over.

    Args:
        what: its address, for messages; its credentials are not shown.
        file: what PyAV opens. `form` is the name of FFmpeg's demuxer; None = it is found out.
        timeout: seconds that opening and each read may take; None = no limit.
        records: whether frames bring their coded pictures, where there are any.
        hint: what to do about one that cannot be read.
        meanings: what the system's errors mean, by their number.

    Raises
        SourceError: it cannot be opened now, or it broke off.
        DataError: it cannot be read at all.
    """
    try:
        container = av.open(file, format=form, options=options, timeout=timeout)
    except (av.FFmpegError, OSError, ValueError) as error:
        # PyAV's own text holds the whole address
        raise _failed(what, "cannot be opened", error, hint, meanings) from None
    assert isinstance(container, InputContainer)
    with closing(container):
        yield from _decoded(what, container, records, hint, meanings)


def _decoded(
    what: str, container: InputContainer, records: bool, hint: str, meanings: Mapping[int, str]
) -> Iterator[SourceFrame]:
    if not container.streams.video:
        raise DataError(f"{shown(what)} has no pictures in it", hint)
    stream = container.streams.video[0]
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    convert = RGBConverter(Path(shown(what)))
    packets = container.demux(stream)
    copy = PacketCopy(stream) if records and stream.codec_context.name != "rawvideo" else None
    while True:
        try:
            packet = next(packets, None)
        except (av.FFmpegError, OSError) as error:
            raise _failed(what, "broke off", error, hint, meanings) from None
        if packet is None:
            return
        if copy is not None:
            copy.add(packet)
        try:
            frames = packet.decode()
        except (av.FFmpegError, OSError):
            continue  # a damaged packet; the next key frame heals it
        for frame in frames:
            if not frame.is_corrupt:
                coded = None if copy is None else copy.take()
                yield SourceFrame(partial(convert, frame), _seconds(frame), coded)


def _seconds(frame: VideoFrame) -> float | None:
    return None if frame.pts is None or frame.time_base is None else float(frame.pts * frame.time_base)


def _failed(what: str, how: str, error: Exception, hint: str, meanings: Mapping[int, str]) -> MdfError:
    name, number = type(error).__name__, getattr(error, "errno", None)
    known: dict[Any, str] = {**REFUSED, **meanings}
    why = known.get(name) or known.get(number) or shown(reason(error))
    kind = DataError if name in REFUSED or number in FATAL else SourceError
    return kind(f"{shown(what)} {how}: {why}", hint)
