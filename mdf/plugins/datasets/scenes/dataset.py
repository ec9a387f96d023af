"""`Scenes`: a data set that needs no files. It shows ray-cast rooms with people, or pasted shapes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple, get_args

import torch
from torch import Tensor

from mdf.core.dataset import Dataset, SplitName, Splits
from mdf.core.errors import ConfigError
from mdf.core.sample import Batch
from mdf.plugins.datasets.scenes.config import ScenesConfig
from mdf.plugins.datasets.scenes.generate import RenderedScene, empty_depths, render_scenes

VERSION = 2
"""Increased whenever any byte of any sample changes."""

CACHED_SCENES = 2
"""Number of rendered scenes that are kept in memory for the next `read`."""


class Place(NamedTuple):
    """Where a sample is.

    Attributes:
        split: its split.
        scene: number of its scene in the split.
        frame: number of its frame in the scene.
        number: number of its scene in the whole data set.
    """

    split: str
    scene: int
    frame: int
    number: int


class Scenes(Dataset):
    """Computer-generated scenes of a static camera, with exact masks and depths (1–25 m along the viewing axis).

    A *scene* is one room with its furniture, camera, light and background image. Its frames add people, boxes and
    vehicles, and differ in exposure, light and noise. These actors cover 2–30 % of the image, most often about 10 %;
    some frames are empty. Splits never share a scene. The scenes of a split depend only on the seed and on their number
    in the split. The rooms have a known `background_depth`.

    `style = "shapes"` pastes textured shapes under strong photometric changes. These scenes have masks only.
    """

    class Config(ScenesConfig):
        """What the scenes look like, and how many there are."""

    cached = True
    synthetic = True

    def __init__(self, config: ScenesConfig, variant: str = "") -> None:
        if variant:
            raise ConfigError(f"data set `scenes` takes nothing after the colon, but got `{variant}`", "write `scenes`")
        self.config = config
        self.tasks = ("mask",) if config.style == "shapes" else ("mask", "depth")
        self.units = {} if config.style == "shapes" else {"depth": "m"}
        self.knows = () if config.style == "shapes" else ("background_depth",)
        self._rendered: OrderedDict[tuple[str, int], RenderedScene] = OrderedDict()

    def __len__(self) -> int:
        return self.config.train + self.config.val + self.config.test

    def native_size(self, index: int) -> tuple[int, int]:  # noqa: ARG002
        return self.config.height_width

    def splits(self) -> Splits:
        train, val = self.config.train, self.config.train + self.config.val
        return Splits(range(train), range(train, val), range(val, len(self)))

    def fingerprint(self) -> str:
        return blake2b(f"{VERSION} {self.config.model_dump_json()}".encode(), digest_size=8).hexdigest()

    def read(self, indices: Sequence[int]) -> Batch:
        places = [self._place(int(index)) for index in indices]
        scenes = self._render([(place.split, place.scene) for place in places])
        samples = [(scenes[place.split, place.scene], place.frame) for place in places]
        targets = {"mask": torch.stack([scene.mask[frame] for scene, frame in samples])}
        valid = {"mask": torch.ones(targets["mask"].shape, dtype=torch.bool)}
        if "depth" in self.tasks:
            targets["depth"] = torch.stack([scene.depth[frame] for scene, frame in samples])
            valid["depth"] = torch.stack(
                [torch.full_like(s.mask[f], s.has_depth, dtype=torch.bool) for s, f in samples]
            )
        return Batch(
            ids=tuple(f"scenes-{int(index):06d}" for index in indices),
            scenes=tuple(f"scene-{place.number:05d}" for place in places),
            bg=torch.stack([scene.bg for scene, _ in samples]),
            fg_bg=torch.stack([scene.frames[frame] for scene, frame in samples]),
            targets=targets,
            valid=valid,
            tags=tuple(scene.tags[frame] for scene, frame in samples),
        )

    def known(self, indices: Sequence[int]) -> dict[str, Tensor]:
        if not self.knows:
            return {}
        keys = [(place.split, place.scene) for place in (self._place(int(index)) for index in indices)]
        scenes = list(dict.fromkeys(keys))
        depths = dict(zip(scenes, empty_depths(self.config, scenes), strict=True))
        return {"background_depth": torch.stack([depths[key] for key in keys])}

    def _place(self, index: int) -> Place:
        splits = self.splits()
        split, number = splits.locate(index)
        scene, frame = divmod(number, self.config.frames)
        names = get_args(SplitName)
        earlier_scenes = sum(-(-len(splits.of(name)) // self.config.frames) for name in names[: names.index(split)])
        return Place(split, scene, frame, earlier_scenes + scene)

    def _render(self, keys: Sequence[tuple[str, int]]) -> dict[tuple[str, int], RenderedScene]:
        """The scenes by split and number; some may still be in memory."""
        unique = dict.fromkeys(keys)
        scenes = {key: self._rendered[key] for key in unique if key in self._rendered}
        missing = [key for key in unique if key not in scenes]
        scenes.update(zip(missing, render_scenes(self.config, missing), strict=True))
        self._rendered = OrderedDict(list(scenes.items())[-CACHED_SCENES:])
        return scenes
