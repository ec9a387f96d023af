"""Which of a file's tracks is the recording, and what the file says about it."""

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
RATE = Fraction(25)
"""Frames a second where a file does not tell."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A file's recording, as the file describes it.

    Attributes:
        path: the file.
        track: the number of the track among all of the file's.
        size: (height, width) of its frames as stored.
        containers: the container's names, e.g. `mov` and `mp4`.
        codec: its name, e.g. `h264`.
        intra_only: whether each frame is decoded for itself.
        unit: seconds of a step of its times.
        rate: frames a second, as the file says.
        packets: its packets.
    """

    path: Path
    track: int
    size: tuple[int, int]
    containers: frozenset[str]
    codec: str
    intra_only: bool
    unit: Fraction
    rate: Fraction
    packets: Packets


def find_recording(path: Path) -> Recording:
    """Read all packets of a file, and choose the track that is the recording.

    Raises
        DataError: it is missing, no video, or too large.
    """
    with open_video(path) as container:
        tracks = _candidates(container)
        if not tracks:
            raise broken(path, "has no pictures in it")
        for track in tracks:
            _check_pixels(path, track)
        found = read_packets(container, tracks)
        track = choose(tracks, {number: sum(packets.shown) for number, packets in found.items()})
        codec = track.codec_context.codec
        rate = track.guessed_rate or track.average_rate or RATE
        return Recording(
            path=path,
            track=track.index,
            size=(track.height, track.width),
            containers=frozenset(container.format.name.split(",")),
            codec=codec.canonical_name,
            intra_only=codec.intra_only or codec.canonical_name == "png",
            unit=track.time_base or 1 / rate,
            rate=rate,
            packets=found[track.index],
        )


def choose(tracks: Sequence[VideoStream], frames: Mapping[int, int]) -> VideoStream:
    """The recording: of the tracks with about as many frames as the longest one, the largest; then the first.

    `frames` counts the frames by track index. A cover has one frame, and a preview is small.
    """
    most = max(frames[track.index] for track in tracks)
    long = [track for track in tracks if frames[track.index] * 2 >= most]
    return max(long, key=lambda track: (track.height * track.width, -track.index))


def _candidates(container: InputContainer) -> list[VideoStream]:
    """The tracks that can be decoded; those that are marked as pictures only where there is no other."""
    tracks = [track for track in container.streams.video if track.codec_context is not None]
    return [track for track in tracks if not track.disposition & PICTURES] or tracks


def _check_pixels(path: Path, track: VideoStream) -> None:
    if not 0 < track.height * track.width <= MAX_PIXELS:
        raise DataError(
            f"{path} declares {track.width}×{track.height} pixels a frame; more than "
            f"{MAX_PIXELS // 1_000_000} megapixels are not decoded.",
            "Scale the video down.",
        )
