"""`Composite`: any number of samples from a few backgrounds and cut-outs, composed when they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any, get_args

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from mdf.core.dataset import Doubt, SampleDataset, SplitName, Splits
from mdf.core.errors import DataError
from mdf.core.fingerprint import fingerprint
from mdf.core.sample import Sample
from mdf.core.splits import scene_groups
from mdf.plugins.datasets.composite.backgrounds import find_backgrounds
from mdf.plugins.datasets.composite.config import CompositeConfig
from mdf.plugins.datasets.composite.cutouts import find_cutouts, opaque_cutouts, read_cutout
from mdf.plugins.datasets.composite.place import Place, find_place
from mdf.plugins.datasets.composite.render import compose, photograph
from mdf.plugins.datasets.composite.scene import Scene, read_scene
from mdf.plugins.datasets.composite.shadow import draw_light
from mdf.plugins.datasets.files.depth import DepthOptions, largest_level
from mdf.plugins.datasets.files.depth_doubts import depth_doubts, depth_words
from mdf.plugins.datasets.files.images import data_folder
from mdf.plugins.datasets.files.tensors import image_tensor, known_tensor, map_tensor

MEANING = "composite 2"
USAGE = "composite:BACKGROUNDS,CUTOUTS"
SCENES, CUTOUTS = 16, 64
"""Backgrounds and cut-outs that are kept decoded."""


class Composite(SampleDataset):
    """Samples composed of a background and cut-outs that stand in it. Every index is a new sample.

    `composite:BACKGROUNDS,CUTOUTS` names two folders. The last comma separates them. CUTOUTS holds RGBA images.
    BACKGROUNDS holds images, or a folder `bg/` with images. RGB-D backgrounds are stored in one of these forms:

    * `color/` and `depth/`, or `bg/` and `bg_depth/`, matched by name
    * `X.depth.png` beside `X.color.png` or `X.jpg`

    Their depth is stored as 16-bit levels (metres = level × `depth_scale`) or as floats in metres. `depth = false`
    ignores it.

    The path of a cut-out decides its height in metres (`heights`, otherwise `height`). The cut-out stands on the
    ground, and its distance and the focal length decide its size in the image. The ground is the largest horizontal
    plane of the depth. If the depth shows no such plane, cut-outs lean on any surface. Without depth, the ground is a
    horizontal plane `camera_height` below the camera. Nearer parts of the background hide a cut-out.

    Mask: foreground is where a cut-out is visible with an alpha of at least 0.5. Shadows are background. Depth (RGB-D
    backgrounds only): the depth of the background; on a cut-out: its distance, because a cut-out is flat. Depth is
    invalid where the background was not measured and no cut-out is visible. `background_depth` is known where the
    background was measured. `bg` and `fg_bg` have different exposure and noise.

    Splits: with three or more backgrounds, no background is in two splits. With fewer, all splits use all backgrounds
    and are marked scene-specific (`by = "time"`). With three or more cut-outs, no cut-out is in two splits; with fewer,
    all splits use all cut-outs. `scene` is the background. A sample depends only on the files, the options and its
    number in its split.
    """

    class Config(CompositeConfig):
        """What is composed, and how much of it."""

    def __init__(self, config: CompositeConfig, variant: str) -> None:
        self.config, self.variant = config, variant
        where, comma, which = variant.rpartition(",")
        if not comma:
            raise DataError("composite needs two folders.", f"Name both after a colon: {USAGE}.")
        self.backgrounds = find_backgrounds(data_folder(where, USAGE), config.depth)
        self.cutouts = find_cutouts(data_folder(which, USAGE))
        measured = self.backgrounds[0].depth is not None
        self.tasks = ("mask", "depth") if measured else ("mask",)
        self.units = {"depth": "m"} if measured else {}
        self.knows = ("background_depth",) if measured else ()
        self.cached = config.keep
        self._by_name = {background.name: background for background in self.backgrounds}
        self._backgrounds_of = _shared_out(list(self._by_name), config)
        self._cutouts_of = _shared_out(list(self.cutouts), config)
        self._scene = lru_cache(SCENES)(self._read_scene)
        self._cutout = lru_cache(CUTOUTS)(self._read_cutout)

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process opens the data set again. Decoded images are not copied to it."""
        return type(self), (self.config, self.variant)

    def __len__(self) -> int:
        return self.config.train + self.config.val + self.config.test

    def native_size(self, index: int) -> tuple[int, int]:  # noqa: ARG002
        """(height, width), the same for all."""
        return self.config.height_width

    def sample(self, index: int) -> Sample:
        """Compose one sample."""
        split, number, name = self._locate(index)
        key = blake2b(repr((self.config.seed, split, number)).encode(), digest_size=16).digest()
        random, camera = Random(key), np.random.Generator(np.random.PCG64(int.from_bytes(key)))
        scene = self._scene(name)
        light = draw_light(random, self.config.shadow)
        things = self._things(random, scene, self._cutouts_of[split])
        picture = compose(scene, things, light, self.config)
        tags = {"empty": not things, "several": len(things) > 1, "occluded": picture.hidden}
        tags["shadow"] = bool(things) and light.strength >= 0.5 * self.config.shadow > 0
        targets = {"mask": map_tensor(picture.mask.astype(np.uint8))}
        valid = {"mask": map_tensor(np.ones_like(picture.mask))}
        if "depth" in self.tasks:
            known = np.isfinite(picture.depth)
            targets["depth"] = map_tensor(np.where(known, picture.depth, np.float32(0)))
            valid["depth"] = map_tensor(known)
        return Sample(
            id=f"{split}-{number:06d}",
            scene=name,
            bg=image_tensor(photograph(scene.image, camera, self.config)),
            fg_bg=image_tensor(photograph(picture.image, camera, self.config)),
            targets=targets,
            valid=valid,
            tags=frozenset(tag for tag, holds in tags.items() if holds),
        )

    def known(self, indices: Sequence[int]) -> dict[str, Tensor]:
        """The depth of the backgrounds, where they have one."""
        if not self.knows:
            return {}
        maps = [self._scene(self._locate(index)[2]).depth for index in indices]
        return {"background_depth": torch.stack([known_tensor(depth, np.isfinite(depth)) for depth in maps])}

    def splits(self) -> Splits:
        """By background; see the class."""
        train, val = self.config.train, self.config.train + self.config.val
        parts = range(train), range(train, val), range(val, len(self))
        return Splits(*parts, by="scene" if len(self.backgrounds) >= 3 else "time")

    def probe_indices(self) -> Sequence[int]:
        """One sample with each background in each split. All cut-outs are decoded too."""
        for name in self.cutouts:
            self._read_cutout(name)
        splits = self.splits()
        return [i for name, mine in self._backgrounds_of.items() for i in splits.of(name)[: len(mine)]]

    def read_as(self) -> Mapping[str, str]:
        """How the depth of the backgrounds is read."""
        depths = self._depths()
        return {"background depth": depth_words(depths[0], self._depth_options(depths[0]))} if depths else {}

    def doubts(self) -> Sequence[Doubt]:
        """Cut-outs that are rectangles, and ambiguous depths."""
        depths = self._depths()
        strange = depth_doubts(depths, self._depth_options(depths[0])) if depths else ()
        return [*opaque_cutouts(self.cutouts), *strange]

    def _depths(self) -> list[Path]:
        return [background.depth for background in self.backgrounds if background.depth]

    def _depth_options(self, path: Path) -> DepthOptions:
        return DepthOptions(depth_scale=None if largest_level(path) == 0 else self.config.depth_scale)

    def fingerprint(self) -> str:
        """Hash of every file and option; reads all files once."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        options = self.config.model_dump_json(exclude={"keep", "depth"})  # the files say whether depth is read
        return fingerprint(MEANING, options, self._files())

    def _files(self) -> Iterator[tuple[str, Path]]:
        for background in self.backgrounds:
            yield from background.files()
        yield from ((f"cutout {name}", path) for name, path in self.cutouts.items())

    def _locate(self, index: int) -> tuple[SplitName, int, str]:
        """The split of a sample, its number in this split, and its background."""
        split, number = self.splits().locate(index)
        backgrounds = self._backgrounds_of[split]
        return split, number, backgrounds[number % len(backgrounds)]

    def _things(self, random: Random, scene: Scene, names: Sequence[str]) -> list[tuple[Image.Image, Place]]:
        """Cut-outs and their places. There are fewer than wanted if no place was found for one."""
        wanted = 0 if random.random() < self.config.empty else random.randint(1, self.config.most)
        found = []
        for _ in range(wanted):
            name = random.choice(names)
            cutout = self._cutout(name)
            if random.random() < self.config.flip:
                cutout = cutout.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            tall = random.uniform(*self.config.metres(name))
            place = find_place(random, scene, cutout.width / cutout.height, tall, self.config.distance)
            if place:
                found.append((cutout, place))
        return found

    def _read_scene(self, name: str) -> Scene:
        return read_scene(self._by_name[name], self.config)

    def _read_cutout(self, name: str) -> Image.Image:
        return read_cutout(self.cutouts[name])


def _shared_out(names: list[str], config: CompositeConfig) -> dict[SplitName, list[str]]:
    """The names of each split. No name is in two splits; with fewer than three names, each split has all names."""
    splits = get_args(SplitName)
    if len(names) < 3:
        return dict.fromkeys(splits, names)
    groups = scene_groups(names, config.val_share, config.test_share)
    return dict(zip(splits, map(sorted, groups), strict=True))
