"""CDnet 2014, and any recording stored in its layout: frames of fixed cameras with foreground masks.

Source: Y. Wang et al., “CDnet 2014: An expanded change detection benchmark dataset”, CVPR Workshops 2014.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from pydantic import Field
from torch import Tensor

from mdf.core.dataset import SampleDataset, Splits
from mdf.core.fingerprint import fingerprint
from mdf.core.image import Pixels, check_size, read_image
from mdf.core.sample import Sample
from mdf.core.splits import SplitOptions, split_samples
from mdf.core.spread import spread
from mdf.plugins.datasets.cdnet.folders import find_videos
from mdf.plugins.datasets.cdnet.recording import SAME_VIDEO, Flags, Video, open_video
from mdf.plugins.datasets.files.images import data_folder
from mdf.plugins.datasets.files.tensors import image_tensor, map_tensor

MEANING = "cdnet 2"
"""Part of the fingerprint. Increase the number when the same files give other samples."""


class CDnet(SampleDataset):
    """Samples with a `mask`: every frame inside temporalROI that has a ground truth.

    A video is a folder with `input/` and `groundtruth/`. A frame and its ground truth have the same number: the last
    number in the file name (`in000001.jpg` and `gt000001.png`, or `CaVignal_000001.png`). ROI and temporalROI are
    optional. Without ROI, every pixel counts. Without temporalROI, every frame with a ground truth counts.

    Label 255 is foreground. 0 and 50 (hard shadow) are background. 85, 170 and pixels outside ROI.bmp are invalid.
    `scene` is `category/video`, and the category is a tag.

    Splits: three or more videos are split by scene. Fewer are split in time: each video gets a training, a validation
    and a test block with `gap` unused frames between them.

    Background: the image `background` (png, bmp, jpg) beside `input/`. Without it, the colour that each pixel shows
    most often in `background_frames` frames. If the set is split in time, they end with the training block. If it is
    split by scene, they are those before the first scored frame of the video; CDnet provides them for this purpose. If
    there are fewer than `background_frames`, they are from the whole video. No ground truth is used.
    """

    class Config(SplitOptions):
        """Options of CDnet."""

        videos: tuple[str, ...] = Field(
            (), description="Videos to use, e.g. `highway`, `baseline/*`, `shadow/bungalows`; empty = all."
        )
        background: str = Field(
            "auto",
            description="`auto`: the image beside `input/`, or `frames` if there is none; `frames`: estimated from "
            "frames of the video; or the path of an image of the empty scene.",
        )
        background_frames: int = Field(50, ge=1, description="Number of evenly spaced frames for the estimate.")

    tasks = ("mask",)
    cached = True
    parallel = True
    label: ClassVar[str] = "cdnet"
    meaning: ClassVar[str] = MEANING
    mask_read_as: ClassVar[str] = "levels: 255 is foreground, 0 and 50 background, 85 and 170 ignored"

    def __init__(self, config: Config, variant: str) -> None:
        self.config = config
        self.units: dict[str, str] = {}
        self.videos = self.find_recordings(variant, config.videos)
        own = config.background in ("auto", "frames")
        self._given_background = None if own else Path(config.background).expanduser()
        if self._given_background:
            for video in self.videos:
                check_size(self._given_background, video.size, SAME_VIDEO)
        self._frames = [(video, number) for video in self.videos for number in video.truths]
        self._splits = split_samples([video.scene for video, _ in self._frames], config, self.label, "scored frame")
        self._backgrounds: dict[str, Tensor] = {}
        self._regions: dict[str, Flags] = {}

    def find_recordings(self, variant: str, wanted: tuple[str, ...]) -> Sequence[Video]:
        """The videos below a folder, or those that a pattern of `wanted` names."""
        return [open_video(folder) for folder in find_videos(data_folder(variant, "cdnet:PATH"), wanted)]

    def __len__(self) -> int:
        return len(self._frames)

    def native_size(self, index: int) -> tuple[int, int]:
        """(height, width) of the sample's video."""
        return self._frames[index][0].size

    def sample(self, index: int) -> Sample:
        """One frame with its background and ground truth."""
        video, number = self._frames[index]
        mask, valid = video.truth(number)
        if video.scene not in self._regions:
            self._backgrounds[video.scene] = image_tensor(self._background(video))
            self._regions[video.scene] = video.region()  # set last: other threads take it as both
        return Sample(
            id=f"{video.scene}/{video.inputs[number].stem}",
            scene=video.scene,
            bg=self._backgrounds[video.scene],
            fg_bg=image_tensor(video.frame(number)),
            targets={"mask": map_tensor(mask)},
            valid={"mask": map_tensor(valid & self._regions[video.scene])},
            tags=frozenset({video.category}),
        )

    def splits(self) -> Splits:
        """By scene or in time; see the class."""
        return self._splits

    def fingerprint(self) -> str:
        """Hash of every frame, ground truth, ROI and option; reads all files once."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        options = self.config.model_dump_json(exclude={"videos", "background"})
        return fingerprint(self.meaning, options, self._files())

    def read_as(self) -> dict[str, str]:
        """How each kind of file is read, in words."""
        own = sum(self._background_file(video) is not None for video in self.videos)
        made = len(self.videos) - own
        parts = [f"the image beside input/ of {own} videos"] if own else []
        parts += [f"estimated from frames of {made} videos"] if made else []
        return {
            "mask": self.mask_read_as,
            "background": str(self._given_background or " and ".join(parts)),
        }

    def _files(self) -> Iterator[tuple[str, Path]]:
        for video in self.videos:
            files = [*video.inputs.values(), *video.truths.values(), video.region_file, self._background_file(video)]
            period = [video.period_file] if video.period_file.exists() else []
            for path in [*filter(None, files), *period]:
                yield f"{video.scene}/{path.relative_to(video.root).as_posix()}", path
        if self._given_background:
            yield "background", self._given_background

    def _background(self, video: Video) -> Pixels:
        if self._given_background:
            return read_image(self._given_background, "RGB", video.size, SAME_VIDEO)
        if file := self._background_file(video):
            return read_image(file, "RGB", video.size, SAME_VIDEO)
        numbers = self._background_numbers(video)
        return video.usual([numbers[p] for p in spread(len(numbers), self.config.background_frames)])

    def _background_file(self, video: Video) -> Path | None:
        return video.background_file if self.config.background == "auto" else None

    def _background_numbers(self, video: Video) -> Sequence[int]:
        scored = list(video.truths)
        if self._splits.by == "time":
            last = max(number for v, number in (self._frames[i] for i in self._splits.train) if v is video)
            return [number for number in video.inputs if number <= last]
        before = [number for number in video.inputs if number < scored[0]]
        return before if len(before) >= self.config.background_frames else list(video.inputs)
