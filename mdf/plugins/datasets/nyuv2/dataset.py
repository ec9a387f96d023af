"""NYU Depth V2: indoor photographs with measured depth.

Source: N. Silberman, D. Hoiem, P. Kohli, R. Fergus, “Indoor segmentation and support inference from RGBD images”,
ECCV 2012.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

import torch
from pydantic import Field

from mdf.core.dataset import Doubt, SampleDataset, Splits
from mdf.core.errors import DataError
from mdf.core.fingerprint import fingerprint
from mdf.core.sample import Sample
from mdf.core.splits import SplitOptions, split_samples
from mdf.plugins.datasets.files.tensors import image_tensor, map_tensor
from mdf.plugins.datasets.nyuv2.folder import PhotoFolder
from mdf.plugins.datasets.nyuv2.source import Source

MEANING = "nyuv2 2"


class NYUv2(SampleDataset):
    """Samples with a `depth` in metres and no background: `bg` is black, for the fusion `frame-only`.

    NYUv2 was taken with a moving camera, so it has no empty scenes. Networks that compare `bg` with `fg_bg` learn no
    more from it than with `frame-only`.

    mdf reads these forms of the data set:

    * the labelled set, `nyu_depth_v2_labeled.mat` (needs the extra `nyuv2`). `depth = raw` is what the sensor measured,
      with 0 where it measured nothing. `depth = filled` is the in-painted depth of the data set.
    * a folder of scenes with `rgb_*.jpg` (or png) and `sync_depth_*.png` side by side
    * a folder of scenes with `X.jpg` and `X.png` (or `X_colors.png` and `X_depth.png`) side by side, as in nyu_data.zip
    * a folder with `rgb/` (or `color/`, `image/`) and `depth/`, matched by name; the folders in them are the scenes

    Depth images of 16 bits: metres = level × `depth_scale`. Depth images of 8 bits (`X.png` beside `X.jpg`): level 255
    is 10 m. Float files hold metres. 0 is invalid.

    A scene is named without the letter of its part: `kitchen_0001a` and `kitchen_0001b` are one scene. In a folder
    without scenes, the folder is the scene. Splits: by scene if there are three or more, otherwise in time. This is not
    the split of the paper's authors, so do not compare scores with published ones.
    """

    class Config(SplitOptions):
        """Options of NYUv2."""

        depth: Literal["raw", "filled"] = Field(
            "raw", description="Which depth of the labelled set is the ground truth."
        )
        depth_scale: float = Field(0.001, gt=0, description="Metres per level of 16-bit depth images in folders.")

    tasks = ("depth",)
    cached = True

    def __init__(self, config: Config, variant: str) -> None:
        self.config = config
        self.units = {"depth": "m"}
        self._source = _open(variant, config)
        self._scenes = self._source.scenes()

    def __len__(self) -> int:
        return len(self._scenes)

    def native_size(self, index: int) -> tuple[int, int]:
        """(height, width) of a photograph."""
        return self._source.size(index)

    def sample(self, index: int) -> Sample:
        """One photograph, a black background, and the depth."""
        image, depth, valid = self._source.read(index)
        frame = image_tensor(image)
        return Sample(
            id=self._source.name(index),
            scene=self._scenes[index],
            bg=torch.zeros_like(frame),
            fg_bg=frame,
            targets={"depth": map_tensor(depth)},
            valid={"depth": map_tensor(valid)},
        )

    def splits(self) -> Splits:
        """By scene or in time; see the class."""
        return self._splits

    @cached_property
    def _splits(self) -> Splits:
        return split_samples(self._scenes, self.config, "nyuv2", "photograph")

    def read_as(self) -> Mapping[str, str]:
        """How the depths are read."""
        return {"depth": self._source.words()}

    def doubts(self) -> Sequence[Doubt]:
        """What is ambiguous or unusual about the depths."""
        return list(self._source.doubts())

    def fingerprint(self) -> str:
        """Hash of all files and options; reads them once."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        return fingerprint(MEANING, self.config.model_dump_json(), self._source.files())


def _open(variant: str, config: NYUv2.Config) -> Source:
    path = Path(os.path.expanduser(variant))
    if not variant or not os.path.exists(path):
        raise DataError(
            f"nyuv2: there is no {path}." if variant else "nyuv2 needs a file or a folder.",
            "Give nyu_depth_v2_labeled.mat, or a folder of photographs, after the colon: nyuv2:PATH.",
        )
    if os.path.isdir(path):
        return PhotoFolder(path, config.depth_scale)
    from mdf.plugins.datasets.nyuv2.labelled import LabelledFile  # imported only here, because it needs h5py

    return LabelledFile(path, "rawDepths" if config.depth == "raw" else "depths")
