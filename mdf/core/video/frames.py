"""The frames of a video file by number, decoded one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame

from mdf.core.errors import FrameError
from mdf.core.image import Pixels, check_same
from mdf.core.video.decoding import Decoding, Numbered
from mdf.core.video.file import CURE
from mdf.core.video.index import index_video
from mdf.core.video.packets import Int64
from mdf.core.video.rgb import RGBConverter

AHEAD = 64
"""To reach a frame that is at most this far ahead, all frames before it are decoded. Farther ahead, a seek is made."""


class VideoFrames:
    """The recording in a video file: frame N is the N-th that decoding from the start gives, upright RGB.

    Attributes:
        size: (height, width) of each frame.
        times: when each frame is shown, from 0, in `unit`; strictly increasing.
        unit: seconds of a step of `times`.
        failures: packets that gave no frame because the file is damaged.
        damaged: frames that are there in part only.
        track: the number of the file's track that is read.
        twins: the numbers of other tracks with as many frames of this size.
        deep_grey: whether it holds grey levels of more than 8 bits, of which the upper 8 are read.

    Raises
        DataError: the file is missing, no video, or cannot be decoded.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._index = index_video(path)
        self.size, self.unit, self.times = self._index.size, self._index.unit, self._index.times
        self.failures, self.damaged = self._index.failures, self._index.damaged
        self.track, self.twins = self._index.track.number, self._index.track.twins
        self.deep_grey = self._index.track.deep_grey
        self._rgb = RGBConverter(path)
        self._decoding = Decoding(self._index.track, self._index.is_whole)
        self._frames: Iterator[Numbered] = iter(())
        self._next: int | None = None
        self._sound = len(self)  # frames that are known by their numbers, until decoding shows that some are not

    def __len__(self) -> int:
        return len(self.times)

    @property
    def rate(self) -> Fraction:
        """Frames a second, on the average of the whole file; as the file says where there is a single frame."""
        duration = int(self.times[-1])
        if not duration:
            return self._index.track.rate
        return ((len(self) - 1) / (duration * self.unit)).limit_denominator(1001)

    @property
    def read_as(self) -> str:
        """What the file is read as, in words."""
        track = self._index.track
        levels = "the upper 8 bits of grey levels" if self.deep_grey else f"colours by {track.colours}"
        turned = "" if self.size == track.size else "turned on its side, "
        numbered = "decoding them" if self._index.counted else "their packets"
        return f"track {track.number} ({track.codec}), {turned}{levels}, frames numbered by {numbered}"

    @property
    def duration(self) -> int:
        """How long the last frame is shown, in `unit`."""
        return self._index.last

    def every(self, fps: float | None) -> Int64:
        """Numbers of the frames to take for `fps` of them a second (the one shown at each moment); None = all."""
        if fps is None:
            return np.arange(len(self), dtype=np.int64)
        seconds = self.times * float(self.unit)
        moments = np.arange(0, seconds[-1] + 1e-9, 1 / fps)
        return np.unique(np.searchsorted(seconds, moments + 1e-9, side="right") - 1)

    def frame(self, number: int) -> Pixels:
        """H×W×3 uint8 RGB of one frame; the same bytes in whatever order frames are asked for.

        Raises
            FrameError: it cannot be decoded.
            DataError: it is of another size than the video, or of a colour space that cannot be converted.
        """
        if not 0 <= number < len(self):
            raise IndexError(f"{self.path} has frames 0 to {len(self) - 1}, not {number}")
        frame = self._ahead(number)
        if frame is None and number < self._sound:
            frame = self._sought(number)
        if frame is None:
            raise FrameError(self._why_not(number), CURE, number=number)
        pixels = self._rgb(frame)
        check_same(f"frame {number} of {self.path}", pixels.shape[:2], self.size, "the video")
        return pixels

    def _why_not(self, number: int) -> str:
        if number >= self._sound:
            return f"{self.path} is damaged: its frames cannot be counted from frame {self._sound} on."
        return f"{self.path} is damaged: frame {number} of {len(self)} cannot be decoded ({self._decoding.reason})."

    def _ahead(self, number: int) -> VideoFrame | None:
        """The frame, where decoding stands a little before it."""
        if self._next is None or not self._next <= number < min(self._next + AHEAD, self._sound):
            return None
        return self._decode_until(number)

    def _sought(self, number: int) -> VideoFrame | None:
        """The frame, decoded from the nearest packet before it from which that can be done, at last from the start."""
        for start in self._index.starts(number):
            landed = self._decoding.from_key(start)
            if landed is None:
                continue
            key, self._frames = landed
            self._next = int(self._index.frames[key])
            sound = self._sound
            if 0 <= self._next <= number and (frame := self._decode_until(number)):
                return frame
            self._sound = sound  # the seek may be at fault, not the file
        self._frames, self._next = self._decoding.from_start(), 0
        return self._decode_until(number)

    def _decode_until(self, number: int) -> VideoFrame | None:
        """The frame, where decoding on gives it; the frames before it are passed over."""
        assert self._next is not None
        for packet, frame in self._frames:
            found = self._next
            if found >= len(self) or self._index.order[found] != packet:  # frames are missing here
                if self._index.must_be_there:
                    self._sound = min(self._sound, found)
                    return None
                found = int(self._index.frames[packet])
            if found >= self._next:
                self._next = found + 1
            if found >= number:
                return frame if found == number else None
        self._next = None
        return None
