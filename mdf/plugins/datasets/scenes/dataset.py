"""`Scenes`: the data set that needs no files. Rooms with walking figures, ray-cast, and pasted shapes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b
from typing import cast, get_args

import torch
from torch import Tensor

from mdf.core.dataset import Dataset, SplitName, Splits
from mdf.core.errors import ConfigError
from mdf.core.sample import Batch
from mdf.plugins.datasets.scenes.blocks import Block, empty_depths, render_scenes
from mdf.plugins.datasets.scenes.config import ScenesConfig

VERSION = 2
"""Raised whenever any byte of any sample changes."""

KEPT = 2
"""Rendered scenes that are kept for the next `read`."""


class Scenes(Dataset):
    """Procedural scenes of a static camera, with exact masks and depths (metres along the viewing axis, 1–25).

    A *scene* is one room, camera, light and furniture with one background image; its frames add figures, boxes
    and vehicles (2–30 % of the image, most often about 10 %; some are empty), and differ in exposure, light and
    noise. Splits never share a scene; a split's scenes depend on the seed and their number in it alone.
    `style = "shapes"` pastes textured shapes under strong photometric change and has masks only. Of the rooms the
    `background_depth` is known.
    """

    class Config(ScenesConfig):
        """What is drawn, and how much of it."""

    cached = True
    synthetic = True

    def __init__(self, config: ScenesConfig, variant: str = "") -> None:
        if variant:
            raise ConfigError(f"the data set `scenes` takes nothing after the colon, not `{variant}`", "write `scenes`")
        self.config = config
        self.tasks = ("mask",) if config.style == "shapes" else ("mask", "depth")
        self.units = {} if config.style == "shapes" else {"depth": "m"}
        self.knows = () if config.style == "shapes" else ("background_depth",)
        self._kept: OrderedDict[tuple[str, int], Block] = OrderedDict()

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
        blocks = self._blocks([(split, scene) for split, scene, _, _ in places])
        chosen = [(blocks[split, scene], frame) for split, scene, frame, _ in places]
        targets = {"mask": torch.stack([block.mask[frame] for block, frame in chosen])}
        valid = {"mask": torch.ones(targets["mask"].shape, dtype=torch.bool)}
        if "depth" in self.tasks:
            targets["depth"] = torch.stack([block.depth[frame] for block, frame in chosen])
            valid["depth"] = torch.stack([torch.full_like(b.mask[f], b.has_depth, dtype=torch.bool) for b, f in chosen])
        return Batch(
            ids=tuple(f"scenes-{int(index):06d}" for index in indices),
            scenes=tuple(f"scene-{number:05d}" for _, _, _, number in places),
            bg=torch.stack([block.bg for block, _ in chosen]),
            fg_bg=torch.stack([block.frames[frame] for block, frame in chosen]),
            targets=targets,
            valid=valid,
            tags=tuple(block.tags[frame] for block, frame in chosen),
        )

    def known(self, indices: Sequence[int]) -> dict[str, Tensor]:
        if not self.knows:
            return {}
        places = [self._place(int(index))[:2] for index in indices]
        scenes = list(dict.fromkeys(places))
        depths = dict(zip(scenes, empty_depths(self.config, scenes), strict=True))
        return {"background_depth": torch.stack([depths[place] for place in places])}

    def _place(self, index: int) -> tuple[str, int, int, int]:
        """Of a sample: its split, scene within the split, frame, and the scene's number in the whole set."""
        if not 0 <= index < len(self):
            raise IndexError(f"sample {index} of {len(self)}")
        passed = 0
        for split in get_args(SplitName):
            count = len(self.splits().of(cast(SplitName, split)))
            if index < count:
                break
            index -= count
            passed += -(-count // self.config.frames)
        scene, frame = divmod(index, self.config.frames)
        return split, scene, frame, passed + scene

    def _blocks(self, wanted: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Block]:
        scenes = dict.fromkeys(wanted)
        blocks = {scene: self._kept[scene] for scene in scenes if scene in self._kept}
        missing = [scene for scene in scenes if scene not in blocks]
        blocks.update(zip(missing, render_scenes(self.config, missing), strict=True))
        self._kept = OrderedDict(list(blocks.items())[-KEPT:])
        return blocks
