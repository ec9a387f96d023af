"""A folder of image pairs with masks and depth maps, matched by name: the layout of one's own recordings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from mdf.core.dataset import SampleDataset, Splits
from mdf.core.errors import DataError
from mdf.core.fingerprint import fingerprint
from mdf.core.image import Pixels, check_size, image_size, read_image
from mdf.core.sample import Sample
from mdf.core.splits import SplitOptions, split_samples
from mdf.plugins.datasets.files.depth import Depth, DepthOptions, Flags, check_depth, read_depth
from mdf.plugins.datasets.files.images import data_folder
from mdf.plugins.datasets.files.tensors import image_tensor, known_tensor, map_tensor
from mdf.plugins.datasets.files.unmatched import check_some, matched
from mdf.plugins.datasets.folder.frames import TARGETS, Frame, find_frames, spare_truths

MEANING = "folder 1"
KEPT = 8
"""Decoded backgrounds that are kept for the next samples."""

LOSSLESS = (".png", ".bmp")


class Folder(SampleDataset):
    """Samples of a folder with `bg/`, `fg_bg/` and, each where it is there, `mask/`, `depth/` and `bg_depth/`.

    Files (jpg, png, bmp, webp, in folders of any depth) belong together by their names without the ending: a
    frame's mask and depth are called as the frame, its background as the longest beginning of the frame's name
    (`room1` serves `room1_0001`, never `room12_0001`); a single background serves all. `bg_depth/` holds the depth of
    each empty scene, called as its background and read as `depth/` is: the method `background-depth` then has a row,
    networks never see it. Or a `pairs.csv` says it: columns `fg_bg,bg[,mask,depth,bg_depth]`, paths below the folder.

    Mask: levels above `mask_above` are foreground; every pixel is valid. Depth: see the options.
    `scene` is the background. Splits: three backgrounds or more are split by scene; fewer in time (the names'
    natural order), `gap` frames between the blocks. With neither masks nor depths there is nothing to learn
    from: samples can be looked at and predicted, asking for splits is an error. A frame that lacks what belongs to
    it, and a line of `pairs.csv` that names no file, is a sample that cannot be read, in no split; a mask or depth
    without a frame is none.
    """

    class Config(SplitOptions, DepthOptions):
        """Options of a folder."""

        mask_above: int = Field(127, ge=0, le=254, description="Mask levels above this one are foreground.")

    parallel = True

    def __init__(self, config: Config, variant: str) -> None:
        self.config, self.variant = config, variant
        self.root = data_folder(variant, "folder:PATH")
        self._frames = find_frames(self.root)
        some = next(frame for frame in self._frames if isinstance(frame, Frame))
        self.tasks = tuple(task for task in TARGETS if task in some.targets)
        self.units = config.depth_units() if "depth" in self.tasks else {}
        self.knows = ("background_depth",) if some.bg_depth is not None else ()
        self.cached = bool(self.tasks)
        check_some(len(self._frames), self._check_headers)
        self._background = lru_cache(KEPT)(_background)
        self._empty_depth = lru_cache(KEPT)(self._read_empty_depth)
        self._size = lru_cache(None)(image_size)

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process opens it anew: what is kept decoded stays here."""
        return type(self), (self.config, self.variant)

    def __len__(self) -> int:
        return len(self._frames)

    def native_size(self, index: int) -> tuple[int, int]:
        """(height, width) of the sample's frame, from its header."""
        return self._size(self._frame(index).fg_bg)

    def sample(self, index: int) -> Sample:
        """One frame with its background and what truth there is."""
        frame = self._frame(index)
        size, like = self._size(frame.fg_bg), f"its frame {frame.fg_bg.name}"
        targets: dict[str, Tensor] = {}
        valid: dict[str, Tensor] = {}
        for task, path in frame.targets.items():
            read = self._mask if task == "mask" else self._depth
            values, known = read(path, size, like)
            targets[task], valid[task] = map_tensor(values), map_tensor(known)
        return Sample(
            id=frame.name,
            scene=frame.scene,
            bg=self._background(frame.bg, size, like),
            fg_bg=image_tensor(read_image(frame.fg_bg, "RGB", size, like)),
            targets=targets,
            valid=valid,
        )

    def known(self, indices: Sequence[int]) -> dict[str, Tensor]:
        """The depth of the empty scenes, where there are files of it."""
        if not self.knows:
            return {}
        files = [(self._frame(index).bg_depth, self.native_size(index)) for index in indices]
        return {"background_depth": torch.stack([self._empty_depth(path, size) for path, size in files if path])}

    def _read_empty_depth(self, path: Path, size: tuple[int, int]) -> Tensor:
        return known_tensor(*self._depth(path, size, "its frame"))

    def splits(self) -> Splits:
        """By background or in time, see the class."""
        return self._splits

    @cached_property
    def _splits(self) -> Splits:
        if not self.tasks:
            raise DataError(
                f"folder: {self.root} has neither mask/ nor depth/: there is nothing to train on or to score.",
                "Add one of them with an image for every frame; to look at samples or predict needs none.",
            )
        scenes = [frame.scene if isinstance(frame, Frame) else None for frame in self._frames]
        return split_samples(scenes, self.config, "folder")

    def unused_files(self) -> Sequence[str]:
        """Masks and depths without a frame."""
        return list(spare_truths(self.root))

    def fingerprint(self) -> str:
        """Hash of every file and option; reads all files once."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        files = {
            (f"{kind} {path.relative_to(self.root).as_posix()}", path)
            for frame in self._frames
            if isinstance(frame, Frame)
            for kind, path in frame.files()
        }
        pairs = "\n".join(f"{f.name}\0{f.scene}" if isinstance(f, Frame) else "" for f in self._frames)
        return fingerprint(MEANING, f"{self.config.model_dump_json()}\n{pairs}", sorted(files))

    def _frame(self, index: int) -> Frame:
        return matched(self._frames[index])

    def _check_headers(self, index: int) -> None:
        frame = self._frame(index)
        size, like = image_size(frame.fg_bg), f"its frame {frame.fg_bg.name}"
        for _, path in frame.files():
            check_size(path, size, like)
        for depth in (frame.targets.get("depth"), frame.bg_depth):
            if depth is not None:
                check_depth(depth, self.config)

    def _mask(self, path: Path, size: tuple[int, int], like: str) -> tuple[Pixels, Flags]:
        """Foreground (H×W uint8, 0 or 1) and validity (H×W bool, all true)."""
        levels = read_image(path, "L", size, like)
        if levels.max() == 1 and self.config.mask_above >= 1 and path.suffix.lower() in LOSSLESS:
            raise DataError(
                f"{path} holds the levels 0 and 1 alone; above mask_above = {self.config.mask_above} there is nothing.",
                "Set mask_above to 0 for masks that say foreground by 1.",
            )
        return (levels > self.config.mask_above).astype(np.uint8), np.ones(size, np.bool_)

    def _depth(self, path: Path, size: tuple[int, int], like: str) -> tuple[Depth, Flags]:
        return read_depth(path, self.config, size, like)


def _background(path: Path, size: tuple[int, int], like: str) -> Tensor:
    return image_tensor(read_image(path, "RGB", size, like))
