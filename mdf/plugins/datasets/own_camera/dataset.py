"""`OwnCamera`: any number of samples of one fixed camera, drawn on its own empty frames."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, get_args

import torch
from torch import Tensor

from mdf.core.dataset import SampleDataset, SplitName, Splits
from mdf.core.errors import ConfigError
from mdf.core.fingerprint import fingerprint
from mdf.core.image import image_size
from mdf.core.sample import BACKGROUND_DEPTH, Sample
from mdf.plugins.datasets.files.images import data_folder
from mdf.plugins.datasets.own_camera.config import OwnCameraConfig
from mdf.plugins.datasets.own_camera.empties import BACKGROUND, Empties, find_empties, read_empties
from mdf.plugins.datasets.own_camera.known import DEPTH, KnownScene, known_scene, read_depth
from mdf.plugins.datasets.own_camera.photograph import (
    Drawn,
    draw_nothing,
    draw_people,
    draw_shapes,
    photograph,
    scenes_config,
)
from mdf.plugins.datasets.scenes.config import ScenesConfig
from mdf.plugins.datasets.scenes.generate import random_stream

MEANING = "own-camera 1"
USAGE = "own-camera:FOLDER"
OFTEN, SELDOM = 1.0, 0.3
"""`disturbed` by default: where there is one empty frame, and where several show what changes."""


class OwnCamera(SampleDataset):
    """People, boxes, vehicles and shapes, drawn on the empty frames of one camera. Every index is a new sample.

    `own-camera:FOLDER` names a folder of images of the empty scene, one or more, of one size. The image called
    `background` is the `bg` of every sample; without one, the median of all images is. `fg_bg` is drawn on one of the
    other images, chosen at random, so what moves in the empty scene (leaves, light, a shaking camera) is background.

    The figures are drawn, not photographed. They stand on the ground before a camera of random height, pitch and field
    of view (`intrinsics`, where they are given), and cast shadows, which are background. Their noise is that of the
    empty images. Exposure varies twice as much as in the empty images. `disturbed` adds effects of the `scenes` data
    set.

    A file `background_depth.npy` in the folder is the depth of the empty scene: metres along the viewing axis, H×W
    floats of the images' size, NaN or 0 where it was not measured. Figures then stand on the ground that it shows (the
    largest level plane), as large as they are at that distance, and what is nearer hides them. Where the camera is so
    close that nobody fits into the picture, or where no ground is level, boxes and round things lie on the largest
    surface instead.

    Mask: foreground is where a figure's alpha is at least 0.5. Depth (with the file only): that of the figures, and
    elsewhere that of the empty scene. It is invalid where the empty scene was not measured, and where a shape was
    pasted; on all figures, if there is no ground. `background_depth` is known where it was measured.

    Splits: figures are never in two splits. From six images besides the background on, every third is only in
    validation and test. All splits show one camera (`by = "time"`).
    """

    class Config(OwnCameraConfig):
        """What is drawn, and how much of it."""

    def __init__(self, config: OwnCameraConfig, variant: str) -> None:
        if not variant:
            raise ConfigError("own-camera needs a folder of images of the empty scene", f"write `{USAGE}`")
        self.config, self.variant = config, variant
        root = data_folder(variant, USAGE)
        self.files = find_empties(root)
        self.depth_file = root / DEPTH if (root / DEPTH).is_file() else None
        self.tasks = ("mask", "depth") if self.depth_file else ("mask",)
        self.units = {"depth": "m"} if self.depth_file else {}
        self.knows = (BACKGROUND_DEPTH,) if self.depth_file else ()

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process opens the data set again. Decoded images are not copied to it."""
        return type(self), (self.config, self.variant)

    def __len__(self) -> int:
        return self.config.train + self.config.val + self.config.test

    def native_size(self, index: int) -> tuple[int, int]:  # noqa: ARG002
        """(height, width), the same for all."""
        return self._size

    def sample(self, index: int) -> Sample:
        """Draw one sample."""
        split, number = self.splits().locate(index)
        rng = random_stream("own-camera", self.config.seed, split, number)
        empty = rng.choice(self._empties.of(split))
        drawn: Drawn
        if rng.random() < self.config.empty:
            drawn = draw_nothing(empty, self._known)
        elif rng.random() < self.config.shapes:
            drawn = draw_shapes(rng, self._scenes, empty, self._known)
        else:
            drawn = draw_people(rng, self._scenes, empty, self._known)
        bg, frame, drawn = photograph(rng, self._scenes, self._empties, drawn)
        targets = {"mask": drawn.mask.to(torch.uint8)}
        valid = {"mask": torch.ones_like(drawn.mask)}
        if "depth" in self.tasks:
            targets["depth"], valid["depth"] = drawn.depth.nan_to_num(0.0), ~drawn.depth.isnan()
        return Sample(
            id=f"{split}-{number:06d}",
            scene=self.variant.rstrip("/").rpartition("/")[2],
            bg=bg,
            fg_bg=frame,
            targets=targets,
            valid=valid,
            tags=frozenset(drawn.tags),
        )

    def known(self, indices: Sequence[int]) -> dict[str, Tensor]:
        """The depth of the empty scene, where it is known."""
        depth = self._known.depth
        return {} if depth is None else {BACKGROUND_DEPTH: depth.expand(len(indices), -1, -1, -1)}

    def splits(self) -> Splits:
        """See the class."""
        train, val = self.config.train, self.config.train + self.config.val
        return Splits(range(train), range(train, val), range(val, len(self)), by="time")

    def probe_indices(self) -> Sequence[int]:
        """One sample of each split: reading one decodes all images."""
        splits = self.splits()
        return [splits.of(split)[0] for split in get_args(SplitName)]

    def fingerprint(self) -> str:
        """Hash of every file and option; reads all files once."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        unset = {"intrinsics"} if self.config.intrinsics is None else set()  # data from before it keep their name
        files = {**self.files, **({DEPTH: self.depth_file} if self.depth_file else {})}
        return fingerprint(MEANING, self.config.model_dump_json(exclude=unset), files.items())

    @cached_property
    def _size(self) -> tuple[int, int]:
        return self.config.height_width or self._of_images

    @cached_property
    def _of_images(self) -> tuple[int, int]:
        return image_size(next(iter(self.files.values())))

    @cached_property
    def _known(self) -> KnownScene:
        depth = read_depth(self.depth_file, self._size, self._of_images) if self.depth_file else None
        return known_scene(self.config.intrinsics, depth, self._of_images)

    @cached_property
    def _empties(self) -> Empties:
        return read_empties(self.files, self._size)

    @cached_property
    def _scenes(self) -> ScenesConfig:
        config = self.config
        default = SELDOM if len(self.files.keys() - {BACKGROUND}) > 1 else OFTEN
        disturbed = default if config.disturbed is None else config.disturbed
        return scenes_config(self._size, config.most_actors, config.tiny, config.huge, disturbed)
