"""A video of a fixed camera, for viewing and predicting. It has no ground truth."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from pydantic import Field
from torch import Tensor

from mdf.core.background import find_ghost, reduced, usual
from mdf.core.dataset import Doubt, Splits
from mdf.core.errors import DataError, FrameError
from mdf.core.fingerprint import fingerprint
from mdf.core.image import Pixels, check_size, read_image
from mdf.core.recording import Recording, RecordingConfig
from mdf.core.sample import Sample
from mdf.core.spread import spread
from mdf.core.video.frames import VideoFrames
from mdf.plugins.datasets.files.tensors import image_tensor

MEANING = "video 2"
ENOUGH = 0.5
"""Smallest share of the frames for the background that must be decodable."""


class VideoFile(Recording):
    """Every frame of a video file, or `fps` frames per second, with one background for all frames.

    Frame N is the N-th frame that a decoder gives when it starts at the beginning of the file, in any container. Frames
    are rotated as the file declares. Their colours are converted with the matrix and range that the file declares, or
    with BT.601 if it declares none. If there are several tracks, the recording is read, and not a cover, a thumbnail or
    a small preview.

    The background is a frame of the video, given by its number; or an image; or, with `auto`, the usual colours of
    frames spread over the whole video. `auto` works if each pixel shows the empty scene more often than anything else.
    Frames that cannot be decoded are left out of them, with a warning. If this is more than half of them, it is
    an error.

    A video has no tasks and no splits. Frames are decoded one at a time; reading them in order is fast. Opening a short
    video decodes it once, and so does opening a video whose container does not list its frames reliably.
    """

    class Config(RecordingConfig):
        """Options of a video."""

        background_frames: int = Field(25, ge=1, le=501, description="Number of frames for the estimate.")
        fps: float | None = Field(None, gt=0, description="Frames per second that are used; None = all.")
        frames: int | None = Field(
            None, ge=1, description="Largest number of frames that are used, from the start; None = all."
        )

    tasks = ()

    def __init__(self, config: Config, variant: str) -> None:
        self.config = config
        self.units: dict[str, str] = {}
        if not variant:
            raise DataError("video needs a file.", "Name it after a colon: video:PATH.")
        self.path = Path(variant).expanduser()
        self._video = VideoFrames(self.path)
        self._taken = self._video.every(config.fps)[: config.frames]
        self._check_background()

    def __len__(self) -> int:
        return len(self._taken)

    def native_size(self, index: int) -> tuple[int, int]:  # noqa: ARG002
        """(height, width) of the video."""
        return self._video.size

    def sample(self, index: int) -> Sample:
        """One frame with the background."""
        number = int(self._taken[index])
        bg = self._background
        return Sample(
            id=f"{self.path.stem}/{number:06d}",
            scene=self.path.stem,
            bg=bg,
            fg_bg=image_tensor(self._frame(number)),
        )

    def read_as(self) -> dict[str, str]:
        """How the file and its background are read, in words."""
        given = self.config.background
        number = f"frame {given}" if isinstance(given, int) else ""
        usual_of = f"usual colours of {min(self.config.background_frames, len(self._video))} frames"
        background = str(self._image) if self._image else number or usual_of
        return {"video": self._video.read_as, "background": background}

    def doubts(self) -> Sequence[Doubt]:
        """Its `warnings`, for `mdf data check`."""
        return [Doubt("warning", warning, "look at it with `mdf data show`") for warning in self.warnings()]

    def warnings(self) -> Sequence[str]:
        """What is wrong with the video or with its estimated background, and what to do: one line each."""
        failures, damaged = self._video.failures, self._video.damaged
        damage = (
            f"{self.path} is damaged: {failures} of its packets give no frame, and {damaged} frames are there in part "
            "only; frames are numbered as they come"
        )
        warnings = [damage] if failures or damaged else []
        if self._video.twins:
            warnings.append(
                f"{self.path} holds several recordings of one size: track {self._video.track} is read, not "
                f"{', '.join(str(track) for track in self._video.twins)} (to read track 1, copy it: ffmpeg -i FILE "
                "-map 0:1 -c copy other.mkv)"
            )
        if self._video.deep_grey:
            warnings.append(
                f"{self.path} holds grey levels of more than 8 bits, of which the upper 8 are read; where a camera "
                "uses a part of its levels, little of them remains (to use them, save the frames as 16-bit PNG in a "
                "folder: ffmpeg -i FILE -pix_fmt gray16be fg_bg/%06d.png, and set frame_range)"
            )
        return warnings if self.config.background != "auto" else warnings + self._warnings_of_estimate()

    def _warnings_of_estimate(self) -> list[str]:
        background, frames, failed = self._estimated
        warnings = []
        if failed:
            warnings.append(
                f"{len(failed)} of the {len(failed) + len(frames)} frames for the background of {self.path} cannot be "
                f"decoded and are left out (the first one is frame {failed[0]})"
            )
        ghost = find_ghost(list(frames.values()), reduced(background))
        if ghost is not None:
            emptiest = list(frames)[ghost.emptiest]
            warnings.append(
                f"the background estimated from {self.path} shows something that stood still, in {ghost.share:.1%} of "
                "it: give an image of the empty scene, or a frame's number; of those looked at, "
                f"frame {emptiest} is the emptiest (`--background {emptiest}`)"
            )
        return warnings

    @property
    def rate(self) -> Fraction:
        """Average number of frames per second."""
        rate = self._video.rate
        return rate if self.config.fps is None else min(rate, Fraction(self.config.fps).limit_denominator(1001))

    @property
    def time_base(self) -> Fraction:
        """The step of the times of `shown`, in seconds."""
        return self._video.unit

    def shown(self, index: int) -> tuple[int, int]:
        """The time at which a sample's frame is shown, and its duration, in steps of `time_base`."""
        start = int(self._video.times[self._taken[index]])
        if index + 1 < len(self):
            return start, int(self._video.times[self._taken[index + 1]]) - start
        return start, self._video.duration

    def splits(self) -> Splits:
        """Raises DataError, because there is nothing to train on or to score."""
        raise DataError(
            f"video: {self.path} has no masks and no depths: there is nothing to train on or to score.",
            "Look at it with `mdf data show`, or predict on it with a model trained on another data set.",
        )

    def fingerprint(self) -> str:
        """Hash of the file, the background and the options; reads them once."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        files = [("video", self.path)]
        if self._image:
            files.append(("background", self._image))
        return fingerprint(MEANING, self.config.model_dump_json(), files)

    def _frame(self, number: int) -> Pixels:
        try:
            return self._video.frame(number)
        except FrameError as error:
            option = f"The option `frames` = {number} stops before it." if number else ""
            raise FrameError(error.message, error.cure, number=number, option=option) from error

    def _given_frame(self, number: int) -> Pixels:
        try:
            return self._video.frame(number)
        except FrameError as error:
            hint = "Give an image of the empty scene, or the number of another frame, as the background."
            raise DataError(f"{error.message} It was given as the background.", hint) from error

    @property
    def _image(self) -> Path | None:
        """The image that the user gave as background."""
        given = self.config.background
        return Path(given).expanduser() if isinstance(given, str) and given != "auto" else None

    def _check_background(self) -> None:
        given = self.config.background
        if isinstance(given, int) and not 0 <= given < len(self._video):
            raise DataError(
                f"video: {self.path} has no frame {given} for a background.",
                f"Frames are numbered 0 to {len(self._video) - 1}.",
            )
        if self._image:
            check_size(self._image, self._video.size, "the video")

    @cached_property
    def _background(self) -> Tensor:
        if self._image:
            return image_tensor(read_image(self._image, "RGB", self._video.size, "the video"))
        if isinstance(self.config.background, int):
            return image_tensor(self._given_frame(self.config.background))
        return image_tensor(self._estimated[0])

    @cached_property
    def _estimated(self) -> tuple[Pixels, dict[int, Pixels], list[int]]:
        """The usual colours of frames over the whole video; these frames by number, reduced for `find_ghost`; the
        numbers of frames that cannot be decoded."""
        frames: dict[int, Pixels] = {}
        failed: dict[int, FrameError] = {}
        for number in spread(len(self._video), self.config.background_frames):
            try:
                frames[number] = self._video.frame(number)
            except FrameError as error:
                failed[number] = error
        if len(frames) < ENOUGH * (len(frames) + len(failed)):
            raise DataError(
                f"only {len(frames)} of {len(frames) + len(failed)} frames for the background of {self.path} can be "
                "decoded: too few for an estimate.",
                "Give an image of the empty scene, or the number of a frame that shows it, as the background.",
            ) from next(iter(failed.values()))
        background = usual(list(frames.values()))
        return background, {number: reduced(frame) for number, frame in frames.items()}, list(failed)
