"""Which of a video file's tracks is the recording, and what the file says about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from mdf.core.errors import DataError
from mdf.core.image import MAX_PIXELS
from mdf.core.video.file import broken, open_video
from mdf.core.video.packets import Packets, read_packets

PICTURES = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
"""What marks a track as a cover or as thumbnails."""
MATRICES = {0: "RGB", 1: "BT.709", 4: "FCC", 5: "BT.601", 6: "BT.601", 7: "SMPTE 240M", 9: "BT.2020", 10: "BT.2020"}
"""Colour matrices by their numbers in ISO/IEC 23091-2."""
FULL = 2
"""The number of the full range of levels there."""
RATE = Fraction(25)
"""Frames a second where a file does not tell."""


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """The track of a file that is the recording, as the file describes it.

    Attributes:
        path: the file.
        number: which of all of the file's tracks it is.
        twins: the numbers of other tracks with as many frames of this size: another camera, perhaps.
        size: (height, width) of its frames as stored.
        colours: the matrix and range of its colours, in words.
        containers: the container's names, e.g. `mov` and `mp4`.
        codec: its name, e.g. `h264`.
        intra_only: whether each frame is decoded for itself.
        deep_grey: whether it holds grey levels of more than 8 bits.
        unit: seconds of a step of its times.
        rate: frames a second, as the file says.
        packets: its packets.
    """

    path: Path
    number: int
    twins: tuple[int, ...]
    size: tuple[int, int]
    colours: str
    containers: frozenset[str]
    codec: str
    intra_only: bool
    deep_grey: bool
    unit: Fraction
    rate: Fraction
    packets: Packets


def find_track(path: Path) -> VideoTrack:
    """Read all packets of a file, and choose the track that is the recording.

    Raises
        DataError: it is missing, no video, or too large.
    """
    with open_video(path) as container:
        candidates = _candidates(path, container)
        for stream in candidates:
            _check_pixels(path, stream)
        packets = read_packets(container, candidates)
        best = _best(candidates, {number: int(found.shown.sum()) for number, found in packets.items()})
        stream = best[0]
        codec = stream.codec_context.codec
        rate = stream.guessed_rate or stream.average_rate or RATE
        return VideoTrack(
            path=path,
            number=stream.index,
            twins=tuple(other.index for other in best[1:] if _pixels(other) == _pixels(stream)),
            size=(stream.height, stream.width),
            colours=_colours(stream),
            containers=frozenset(container.format.name.split(",")),
            codec=codec.canonical_name,
            intra_only=codec.intra_only or codec.canonical_name == "png",
            deep_grey=is_deep_grey(stream),
            unit=stream.time_base or 1 / rate,
            rate=rate,
            packets=packets[stream.index],
        )


def _candidates(path: Path, container: InputContainer) -> list[VideoStream]:
    """The tracks that can be decoded and are not marked as pictures."""
    streams = container.streams.video
    found = [stream for stream in streams if stream.codec_context is not None and not stream.disposition & PICTURES]
    if not found:
        raise broken(path, "holds a cover picture, but no recording" if streams else "has no pictures in it")
    return found


def _best(streams: Sequence[VideoStream], frames: Mapping[int, int]) -> list[VideoStream]:
    """The tracks with about as many frames as the longest one, the largest first: a cover has one frame, and a preview
    is small. A depth or infrared camera's track comes after those of 8 bits, whatever its size. `frames` counts the
    frames by track number."""
    most = max(frames[stream.index] for stream in streams)
    long = [stream for stream in streams if frames[stream.index] * 2 >= most]
    return sorted(long, key=lambda stream: (is_deep_grey(stream), -_pixels(stream), stream.index))


def is_deep_grey(stream: VideoStream) -> bool:
    """Whether a track holds grey levels of more than 8 bits, as depth, infrared and thermal cameras write."""
    form = stream.codec_context.format
    return form is not None and len(form.components) == 1 and form.components[0].bits > 8


def _colours(stream: VideoStream) -> str:
    matrix = MATRICES.get(stream.codec_context.colorspace, "BT.601 (the file does not say)")
    return f"{matrix}{', full range' if stream.codec_context.color_range == FULL else ''}"


def _pixels(stream: VideoStream) -> int:
    return stream.height * stream.width


def _check_pixels(path: Path, stream: VideoStream) -> None:
    if not 0 < _pixels(stream) <= MAX_PIXELS:
        raise DataError(
            f"{path} declares {stream.width}×{stream.height} pixels a frame; more than "
            f"{MAX_PIXELS // 1_000_000} megapixels are not decoded.",
            "Scale the video down.",
        )
