"""Colour and depth of an empty and an occupied scene, from one RGB-D camera: the mask follows from the depths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from mdf.core.dataset import Doubt, SampleDataset, Splits
from mdf.core.errors import DataError
from mdf.core.fingerprint import fingerprint
from mdf.core.image import check_same, check_size, image_size, read_image
from mdf.core.sample import Sample
from mdf.core.splits import Shares, split_by_scene
from mdf.plugins.datasets.files.depth import Depth, DepthOptions, Flags, check_metres, largest_level, read_metres
from mdf.plugins.datasets.files.depth_doubts import depth_doubts, depth_words
from mdf.plugins.datasets.files.images import data_folder
from mdf.plugins.datasets.files.rgbd import Pair, find_pairs
from mdf.plugins.datasets.files.tensors import image_tensor, known_tensor, map_tensor
from mdf.plugins.datasets.files.truth import fits, header_of, truth_size
from mdf.plugins.datasets.files.unmatched import Unmatched, check_some, matched

MEANING = "rgbd-pairs 2"


class RgbdPairs(SampleDataset):
    """Samples with a `mask` and a `depth` from pairs of RGB-D images. Colour and depth are aligned and of one size.

    A pair is four files in the folder or below it. The empty scene is `Xbackground.color.png` and
    `Xbackground.depth.png`. The occupied scene has `input`, `image` or `frame` instead of `background`. The text before
    and after this word is the same in all four names. Optionally, `Xcamera.intrinsics.txt` or `Xcamera-intrinsics.txt`
    holds the camera matrix, 3×3 in pixels.

    Depth is that of the occupied scene. 16-bit images: metres = level × `depth_scale`. Float files (TIFF, EXR, NPY,
    PFM) hold metres. 0 is invalid.

    Mask: foreground is where the occupied scene is nearer than the empty scene by more than `threshold`. It is valid
    where both depths are valid. Objects that absorb or transmit light (black cloth, glass) are mostly invalid. Objects
    that are flatter than the threshold are background, and so is the place of an object that was *removed*.

    `background_depth` is the measured depth of the empty scene. Each pair is one scene. Splits: by scene.
    """

    class Config(Shares):
        """Options of RGB-D pairs."""

        depth_scale: float = Field(0.0001, gt=0, description="Metres per level of 16-bit depth images.")
        threshold: float = Field(
            0.01, gt=0, description="How many metres nearer than the background a foreground pixel must be."
        )

    tasks = ("mask", "depth")
    knows = ("background_depth",)
    cached = True
    parallel = True

    def __init__(self, config: Config, variant: str) -> None:
        self.config, self.variant = config, variant
        self.units = {"depth": "m"}
        self.root = data_folder(variant, "rgbd-pairs:PATH")
        self.pairs = find_pairs(self.root)
        self._size = lru_cache(None)(_checked)
        self._header = lru_cache(None)(header_of)
        check_some(len(self.pairs), self.native_size)

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process opens the data set again. What was read from its files is not copied to it."""
        return type(self), (self.config, self.variant)

    def __len__(self) -> int:
        return len(self.pairs)

    def native_size(self, index: int) -> tuple[int, int]:
        """(height, width) of the pair."""
        return self._size(matched(self.pairs[index]))

    def sample(self, index: int) -> Sample:
        """One pair."""
        pair, size = matched(self.pairs[index]), self.native_size(index)
        empty, empty_known = self._depth(pair.bg_depth, pair.bg)
        depth, known = self._depth(pair.fg_bg_depth, pair.fg_bg)
        both = known & empty_known
        mask = both & (empty - depth > self.config.threshold)
        return Sample(
            id=pair.name,
            scene=pair.name,
            bg=image_tensor(read_image(pair.bg, "RGB", size, LIKE)),
            fg_bg=image_tensor(read_image(pair.fg_bg, "RGB", size, LIKE)),
            targets={"mask": map_tensor(mask.astype(np.uint8)), "depth": map_tensor(depth)},
            valid={"mask": map_tensor(both), "depth": map_tensor(known)},
        )

    def known(self, indices: Sequence[int]) -> dict[str, Tensor]:
        """The depth of the empty scenes, as the camera measured it."""
        pairs = [matched(self.pairs[index]) for index in indices]
        maps = [known_tensor(*self._depth(pair.bg_depth, pair.bg)) for pair in pairs]
        return {"background_depth": torch.stack(maps)}

    def intrinsics(self, index: int) -> Tensor:
        """The camera matrix of a pair: 3×3 float64, focal lengths and principal point in pixels.

        Raises
            DataError: the pair has no intrinsics file, or it holds something else.
        """
        pair = matched(self.pairs[index])
        if pair.intrinsics is None:
            raise DataError(
                f"rgbd-pairs: {pair.name} has no intrinsics.", f"Write them to {pair.intrinsics_name} beside it."
            )
        return torch.from_numpy(_matrix(pair.intrinsics))

    def splits(self) -> Splits:
        """By scene. Raises DataError if there are fewer than three pairs."""
        scenes = [pair.name if isinstance(pair, Pair) else None for pair in self.pairs]
        return split_by_scene(scenes, self.config, "rgbd-pairs")

    def fingerprint(self) -> str:
        """Hash of every image and option; reads all files once."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        unmatched = "".join("\nunmatched" for pair in self.pairs if isinstance(pair, Unmatched))
        return fingerprint(MEANING, f"{self.config.model_dump_json()}{unmatched}", self._files())

    def _files(self) -> Iterator[tuple[str, Path]]:
        for pair in (pair for pair in self.pairs if isinstance(pair, Pair)):
            for path in pair.images():
                yield path.relative_to(self.root).as_posix(), path

    def _depth(self, path: Path, photo: Path) -> tuple[Depth, Flags]:
        return read_metres(path, self.config.depth_scale, self._header(photo), LIKE)

    def read_as(self) -> Mapping[str, str]:
        """What the depths are read as, and how the mask follows from them."""
        some = next(pair for pair in self.pairs if isinstance(pair, Pair))
        return {
            "depth": depth_words(some.fg_bg_depth, self._options(some.fg_bg_depth)),
            "mask": f"nearer than the empty scene by more than {self.config.threshold:g} m",
        }

    def doubts(self) -> Sequence[Doubt]:
        """What is ambiguous or unusual about the depths."""
        pairs = [pair for pair in self.pairs if isinstance(pair, Pair)]
        depths = [path for pair in pairs for path in (pair.bg_depth, pair.fg_bg_depth)]
        return list(depth_doubts(depths, self._options(depths[0])))

    def _options(self, path: Path) -> DepthOptions:
        return DepthOptions(depth_scale=None if largest_level(path) == 0 else self.config.depth_scale)


LIKE = "the frame of its pair"


def _checked(pair: Pair) -> tuple[int, int]:
    """Checks that the headers of a pair fit together. Returns (height, width)."""
    size = image_size(pair.fg_bg)
    check_size(pair.bg, size, LIKE)
    for photo, path in ((pair.bg, pair.bg_depth), (pair.fg_bg, pair.fg_bg_depth)):
        if not fits(found := truth_size(path), header_of(photo)):
            check_same(path, found, size, LIKE)
        check_metres(path)
    return size


def _matrix(path: Path) -> np.ndarray[Any, np.dtype[np.float64]]:
    try:
        values = [float(word) for word in path.read_text(errors="replace").split()]
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is not a matrix ({error}).", "It holds nine numbers, row by row.") from error
    if len(values) != 9 or not np.isfinite(values).all():
        raise DataError(f"{path} holds {len(values)} numbers.", "A camera matrix is nine finite numbers, row by row.")
    return np.array(values, dtype=np.float64).reshape(3, 3)
