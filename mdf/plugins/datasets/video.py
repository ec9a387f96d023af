"""A recording of a fixed camera, to look at and to predict on: it has no truth."""

from __future__ import annotations

import os
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from pydantic import Field
from torch import Tensor

from mdf.core.background import find_ghost, median, reduced, spread
from mdf.core.dataset import Splits
from mdf.core.errors import DataError
from mdf.core.fingerprint import fingerprint
from mdf.core.image import Pixels, check_size, read_image
from mdf.core.recording import Recording, RecordingConfig
from mdf.core.sample import Sample
from mdf.core.video import VideoFrames
from mdf.plugins.datasets.files.tensors import image_tensor

MEANING = "video 1"


class VideoFile(Recording):
    """Every frame of a video file, or `fps` of them a second; one background serves all.

    The background is the median of frames spread over the whole video (`auto`), which is empty where each pixel
    shows the empty scene in more than half of them (those that are damaged are passed over); or a frame's number among
    all of the video; or an image.

    It has no tasks: asking for splits is an error. One frame at a time is decoded; reading in order is fast.
    """

    class Config(RecordingConfig):
        """Options of a video."""

        background_frames: int = Field(25, ge=1, le=501, description="Frames that the median is taken of.")
        fps: float | None = Field(None, gt=0, description="Frames a second that are taken; None = all.")
        frames: int | None = Field(None, ge=1, description="Most frames that are taken, from the start; None = all.")

    tasks = ()

    def __init__(self, config: Config, variant: str) -> None:
        self.config = config
        self.units: dict[str, str] = {}
        if not variant:
            raise DataError("video needs a file.", "Name it after a colon: video:PATH.")
        self.path = Path(os.path.expanduser(variant))
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
            fg_bg=image_tensor(self._video.frame(number)),
        )

    def warnings(self) -> Sequence[str]:
        """Whether something stood still in the estimated background, and which frame is the emptiest."""
        if self.config.background != "auto":
            return ()
        background, numbers, frames = self._estimated
        found = find_ghost(frames, reduced(background))
        if found is None:
            return ()
        emptiest = numbers[found.emptiest]
        warning = (
            f"the background estimated from {self.path} shows something that stood still, in {found.share:.1%} of it: "
            "give an image of the empty scene, or a frame's number; of those looked at, "
            f"frame {emptiest} is the emptiest (`--background {emptiest}`)"
        )
        return (warning,)

    @property
    def rate(self) -> Fraction:
        """Frames a second."""
        rate = self._video.rate
        return rate if self.config.fps is None else min(rate, Fraction(self.config.fps).limit_denominator(1001))

    def splits(self) -> Splits:
        """Raises DataError: there is nothing to train on or to score."""
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

    @property
    def _image(self) -> Path | None:
        """The image that was given as background."""
        given = self.config.background
        return Path(os.path.expanduser(given)) if isinstance(given, str) and given != "auto" else None

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
            return image_tensor(self._video.frame(self.config.background))
        return image_tensor(self._estimated[0])

    @cached_property
    def _estimated(self) -> tuple[Pixels, list[int], list[Pixels]]:
        """The median of frames over the whole video, their numbers, and themselves as `ghost` looks at them."""
        frames: dict[int, Pixels] = {}
        for number in spread(len(self._video), self.config.background_frames):
            try:
                frames[number] = self._video.frame(number)
            except DataError as error:
                damage = error
        if not frames:
            raise damage
        shown = list(frames.values())
        return median(shown), list(frames), [reduced(frame) for frame in shown]
