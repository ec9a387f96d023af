"""Coded pictures as a camera sends them, so that they can be recorded without being encoded again. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class CodedStream:
    """What a decoder has to know before the first packet.

    Attributes:
        header: a NUT file that holds the stream's parameters and its first key frame.
        codec: FFmpeg's name of the codec, such as `h264`.
        unit: seconds of a step of the packets' times.
    """

    header: bytes
    codec: str
    unit: Fraction


@dataclass(frozen=True, slots=True)
class CodedPacket:
    """One coded frame.

    Attributes:
        number: packets of the stream before it, lost ones among them.
        data: its bytes.
        pts, dts: when it is shown and when it is decoded, in steps of the stream's unit.
        duration: how long it is shown; 0 = unknown.
        is_key: whether decoding can begin with it.
    """

    number: int
    data: bytes
    pts: int
    dts: int
    duration: int
    is_key: bool


@dataclass(frozen=True, slots=True)
class Coded:
    """What was read since the last frame.

    Attributes:
        stream: the stream, where it begins with these packets; else None.
        packets: its packets, in the order of decoding.
    """

    stream: CodedStream | None
    packets: tuple[CodedPacket, ...]


@dataclass(frozen=True, slots=True)
class Footage:
    """Packets of a camera.

    Attributes:
        camera: the camera's name.
        time, wall: of the frame with which they arrived, as of an `Event`.
        stream: what they belong to: another object after the source was opened again.
        packets: those that arrived since the last footage.
    """

    camera: str
    time: float
    wall: float
    stream: CodedStream
    packets: tuple[CodedPacket, ...]
