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
    """Samples with a `mask` and a `depth` from pairs of RGB-D images (colour and depth of one size, aligned).

    Files, in the folder or below it: `Xbackground.color.png`, `Xbackground.depth.png` and the same with `input`,
    `image` or `frame` in place of `background` (what stands before and after it is the pair's own); intrinsics,
    where they are kept, `Xcamera.intrinsics.txt` or `Xcamera-intrinsics.txt`, a 3×3 matrix in pixels.

    Depth: of the occupied scene, metres = level × `depth_scale` of 16-bit images, metres as they are of float files
    (TIFF, EXR, NPY, PFM); 0 is invalid.
    Mask: 1 where the occupied scene is nearer than the empty one by more than `threshold`; valid where both
    depths are. Things that take light in or let it through (black cloth, glass) are mostly invalid, flat ones
    below the threshold are background, and what was *removed* from the scene is background. Of the empty scene the
    `background_depth` is known where it was measured.
    Splits: by scene, each pair being one.
    """

    class Config(Shares):
        """Options of RGB-D pairs."""

        depth_scale: float = Field(0.0001, gt=0, description="Metres a level of 16-bit depth images.")
        threshold: float = Field(
            0.01, gt=0, description="Metres that the frame must be nearer than the background to be foreground."
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
        """Another process opens it anew: what is kept of its files stays here."""
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
        """By scene. Raises DataError where there are fewer than three pairs."""
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
        """What of the depths may be meant otherwise."""
        pairs = [pair for pair in self.pairs if isinstance(pair, Pair)]
        depths = [path for pair in pairs for path in (pair.bg_depth, pair.fg_bg_depth)]
        return list(depth_doubts(depths, self._options(depths[0])))

    def _options(self, path: Path) -> DepthOptions:
        return DepthOptions(depth_scale=None if largest_level(path) == 0 else self.config.depth_scale)


LIKE = "the frame of its pair"


def _checked(pair: Pair) -> tuple[int, int]:
    """(height, width) of a pair whose headers fit together."""
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
        raise DataError(f"{path} is no matrix ({error}).", "It holds nine numbers, row by row.") from error
    if len(values) != 9 or not np.isfinite(values).all():
        raise DataError(f"{path} holds {len(values)} numbers.", "A camera matrix is nine finite numbers, row by row.")
    return np.array(values, dtype=np.float64).reshape(3, 3)
