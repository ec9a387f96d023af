"""CDnet 2014, and any recording stored in its layout: frames of fixed cameras with foreground masks.

Source: Y. Wang et al., “CDnet 2014: An expanded change detection benchmark dataset”, CVPR Workshops 2014.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from pydantic import Field, model_validator
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.dataset import SampleDataset, Splits
from mdf.core.errors import DataError
from mdf.core.sample import Sample
from mdf.plugins.datasets.cdnet_folders import find_videos
from mdf.plugins.datasets.cdnet_video import Flags, Pixels, Video, open_video
from mdf.plugins.datasets.image_file import check_size, read_image
from mdf.plugins.datasets.partition import scene_groups, time_blocks

MEANING_OF_FILES = b"cdnet 1"
"""Part of the fingerprint: to be raised when the same files come to give other samples."""


class CDnet(SampleDataset):
    """Samples with a `mask`: every frame inside temporalROI that has a ground truth.

    Label 255 is foreground, 0 and 50 (hard shadow) are background; 85, 170 and what lies outside ROI.bmp are
    invalid. `scene` is `category/video`, the category is a tag.

    Splits: three videos or more are split by scene; fewer in time, each into a train, a validation and a test
    block with `gap` frames between them.

    Background: each colour's median. Split in time: over frames up to the training block's end alone; by
    scene: over the frames before the video's first scored one, which CDnet shows for that purpose, or over all
    its frames if those are fewer than `background_frames`. No truth is used.
    """

    class Config(ComponentConfig):
        """Options of CDnet."""

        videos: tuple[str, ...] = Field(
            (), description="Videos to use, e.g. `highway`, `baseline/*`, `shadow/bungalows`; empty = all."
        )
        split: Literal["auto", "scene", "time"] = Field(
            "auto", description="By `scene`, or in `time` within each video; auto = by scene from three videos on."
        )
        val_share: float = Field(0.15, gt=0, lt=1, description="Share of frames (or scenes) for validation.")
        test_share: float = Field(0.25, gt=0, lt=1, description="Share of frames (or scenes) for testing.")
        gap: int = Field(10, ge=0, description="Unused frames between the blocks of a split in time.")
        background: str = Field(
            "median", description="`median` of the video's frames, or the path of an image of the empty scene."
        )
        background_frames: int = Field(50, ge=1, description="Frames, evenly spaced, that the median is taken of.")

        @model_validator(mode="after")
        def _leaves_training(self) -> CDnet.Config:
            if self.val_share + self.test_share >= 1:
                raise ValueError("val_share + test_share must leave something to train on: below 1")
            return self

    tasks = ("mask",)
    cached = True

    def __init__(self, config: Config, variant: str) -> None:
        if not variant:
            raise DataError("cdnet needs a folder.", "Name it after a colon: cdnet:PATH.")
        self.config = config
        self.units: dict[str, str] = {}
        self.videos = [open_video(folder) for folder in find_videos(Path(variant).expanduser(), config.videos)]
        self._given_background = None if config.background == "median" else Path(config.background).expanduser()
        if self._given_background:
            for video in self.videos:
                check_size(self._given_background, video.size)
        self._frames = [(video, number) for video in self.videos for number in video.truths]
        self._splits = self._by_scene() if self._is_by_scene() else self._by_time()
        self._backgrounds: dict[str, Tensor] = {}
        self._regions: dict[str, Flags] = {}

    def __len__(self) -> int:
        return len(self._frames)

    def native_size(self, index: int) -> tuple[int, int]:
        """(height, width) of the sample's video."""
        return self._frames[index][0].size

    def sample(self, index: int) -> Sample:
        """One frame with its background and truth."""
        video, number = self._frames[index]
        mask, valid = video.truth(number)
        if video.scene not in self._regions:
            self._regions[video.scene] = video.region()
            self._backgrounds[video.scene] = _image(self._background(video))
        return Sample(
            id=f"{video.scene}/{video.inputs[number].stem}",
            scene=video.scene,
            bg=self._backgrounds[video.scene],
            fg_bg=_image(video.frame(number)),
            targets={"mask": torch.from_numpy(mask)[None]},
            valid={"mask": torch.from_numpy(valid & self._regions[video.scene])[None]},
            tags=frozenset({video.category}),
        )

    def splits(self) -> Splits:
        """By scene or in time, see the class."""
        return self._splits

    def fingerprint(self) -> str:
        """Hash of every frame, ground truth, ROI and option; reads all files once."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        total = blake2b(MEANING_OF_FILES, digest_size=16)
        total.update(self.config.model_dump_json(exclude={"videos", "background"}).encode())
        for video in self.videos:
            files = [*video.inputs.values(), *video.truths.values(), video.region_file, video.period_file]
            for path in filter(Path.exists, files):
                total.update(f"\n{video.scene}/{path.relative_to(video.folder).as_posix()} ".encode())
                total.update(_content(path))
        if self._given_background:
            total.update(_content(self._given_background))
        return total.hexdigest()

    def _is_by_scene(self) -> bool:
        if self.config.split == "scene" and len(self.videos) < 3:
            raise DataError(
                f"cdnet: {len(self.videos)} video(s) cannot be split by scene into train, validation and test.",
                "Use three videos or more, or set the data set's split to time.",
            )
        return self.config.split == "scene" or (self.config.split == "auto" and len(self.videos) >= 3)

    def _by_scene(self) -> Splits:
        scenes = [video.scene for video in self.videos]
        groups = scene_groups(scenes, self.config.val_share, self.config.test_share)
        train, val, test = ([i for i, (v, _) in enumerate(self._frames) if v.scene in group] for group in groups)
        return Splits(train, val, test, by="scene")

    def _by_time(self) -> Splits:
        train, val, test = list[int](), list[int](), list[int]()
        start = 0
        for video in self.videos:
            for part, block in zip((train, val, test), self._blocks(video), strict=True):
                part.extend(start + position for position in block)
            start += len(video.truths)
        return Splits(train, val, test, by="time")

    def _blocks(self, video: Video) -> tuple[range, range, range]:
        gap, frames = self.config.gap, len(video.truths)
        blocks = time_blocks(frames, self.config.val_share, self.config.test_share, gap)
        if blocks is None:
            raise DataError(
                f"cdnet: {video.folder} has {frames} scored frame(s); a split in time with gap {gap} needs "
                f"{2 * gap + 3}.",
                "Set a smaller gap, or use videos with more ground truth.",
            )
        return blocks

    def _background(self, video: Video) -> Pixels:
        if self._given_background:
            return read_image(self._given_background, "RGB", video.size)
        numbers = self._background_numbers(video)
        spread = np.linspace(0, len(numbers) - 1, min(len(numbers), self.config.background_frames))
        return video.median([numbers[int(position)] for position in spread.round()])

    def _background_numbers(self, video: Video) -> Sequence[int]:
        scored = list(video.truths)
        if self._splits.by == "time":
            last = scored[self._blocks(video)[0][-1]]
            return [number for number in video.inputs if number <= last]
        before = [number for number in video.inputs if number < scored[0]]
        return before if len(before) >= self.config.background_frames else list(video.inputs)


def _image(pixels: Pixels) -> Tensor:
    """H×W×3 → 3×H×W uint8."""
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        return file_digest(file, blake2b).digest()
