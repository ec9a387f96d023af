"""A folder of image pairs with masks and depth maps, matched by name: the layout for users' own recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mdf.core.dataset import Doubt, SampleDataset, Splits
from mdf.core.errors import DataError
from mdf.core.fingerprint import fingerprint
from mdf.core.image import check_same, check_size, read_image
from mdf.core.sample import Sample
from mdf.core.sixteen_bit import Limits
from mdf.core.splits import SplitOptions, split_samples
from mdf.plugins.datasets.files.depth import DepthOptions, check_depth, read_depth
from mdf.plugins.datasets.files.frame_levels import FrameOptions, limits_for
from mdf.plugins.datasets.files.images import data_folder
from mdf.plugins.datasets.files.masks.label_files import LABELS, TOOLS
from mdf.plugins.datasets.files.masks.options import MaskOptions
from mdf.plugins.datasets.files.masks.reader import Masks
from mdf.plugins.datasets.files.tensors import image_tensor, known_tensor, map_tensor
from mdf.plugins.datasets.files.truth import Header, fits, header_of, truth_size
from mdf.plugins.datasets.files.unmatched import check_some, matched
from mdf.plugins.datasets.folder.declared import declared_splits, folder_splits
from mdf.plugins.datasets.folder.explain import folder_doubts, folder_words
from mdf.plugins.datasets.folder.frames import TARGETS, Frame, find_frames, spare_truths
from mdf.plugins.datasets.folder.labels import unread_labels

MEANING = "folder 2"
KEPT = 8
"""Decoded backgrounds that are kept for the next samples."""


class Folder(SampleDataset):
    """Samples of a folder with `bg/`, `fg_bg/` and, optionally, `mask/`, `depth/` and `bg_depth/`.

    Files belong together by their names without the ending. Subfolders are part of the name. A mask or depth has the
    same name as its frame. The background is the one whose name is the longest prefix of the frame's name (`room1` is
    the background of `room1_0001`, but not of `room12_0001`). A single background serves all frames. `bg_depth/` holds
    the depth of each empty scene. Such a file has the name of its background and is read like those in `depth/`. The
    method `background-depth` then has a row, and guided networks read this depth.

    Alternatively, `pairs.csv` lists which files belong together. Its columns are
    `fg_bg,bg[,mask,depth,bg_depth,split]`, separated by commas, semicolons or tabs. Paths are relative to the folder.

    mdf decides once what the masks mean, from all mask files. `mdf data info` shows how your files are read. If mdf
    cannot decide, an error names the option to set (`mask_…`). Masks can also be label files: JSON of COCO or LabelMe,
    or XML of CVAT, in the folder, in `mask/` or beside the frames. The options below say how depth is read. Photos are
    rotated by their EXIF tag, together with their mask and depth.

    `scene` is the background. mdf follows declared splits: a column `split`, the folders `train/`, `val/` and `test/`,
    lists such as `train.txt`, or label files with these names. Without them, three or more backgrounds are split by
    scene. Fewer are split in time (the natural order of the names), with `gap` unused frames between the blocks.

    Without masks and depths, you can look at samples and predict on them, but there are no splits. A frame with a
    missing file is an unreadable sample and is in no split. A mask or depth without a frame is ignored;
    `mdf data check` warns about it.
    """

    class Config(SplitOptions, MaskOptions, DepthOptions, FrameOptions):
        """Options of a folder."""

    parallel = True

    def __init__(self, config: Config, variant: str) -> None:
        self.config, self.variant = config, variant
        self.root = data_folder(variant, "folder:PATH")
        self._frames = find_frames(self.root)
        self.matched = [frame for frame in self._frames if isinstance(frame, Frame)]
        some = self.matched[0]
        self.tasks = tuple(task for task in TARGETS if task in some.targets)
        self.units = config.depth_units() if "depth" in self.tasks else {}
        self.knows = ("background_depth",) if some.bg_depth is not None else ()
        self.cached = bool(self.tasks)
        self.header = lru_cache(None)(header_of)
        masks = {frame.name: frame.targets["mask"] for frame in self.matched if "mask" in frame.targets}
        photos = {frame.name: frame.fg_bg for frame in self.matched}
        labels = {frame.name: frame.label for frame in self.matched if frame.label}
        self.masks = Masks(masks, config, lambda name: self.header(photos[name]), labels)
        check_some(len(self._frames), self._check_headers)
        self._background = lru_cache(KEPT)(self._read_background)
        self._empty_depth = lru_cache(KEPT)(self._read_empty_depth)

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process opens the data set again. Decoded images are not copied to it."""
        return type(self), (self.config, self.variant)

    def __len__(self) -> int:
        return len(self._frames)

    def native_size(self, index: int) -> tuple[int, int]:
        """(height, width) of the sample's frame as people see it, from its header."""
        return self.header(self._frame(index).fg_bg).size

    def sample(self, index: int) -> Sample:
        """One frame with its background and the available ground truth."""
        frame = self._frame(index)
        header, like = self.header(frame.fg_bg), f"its frame {frame.fg_bg.name}"
        targets: dict[str, Tensor] = {}
        valid: dict[str, Tensor] = {}
        if "mask" in frame.targets:
            mask, counts = self.masks.read(frame.name, like)
            targets["mask"], valid["mask"] = map_tensor(mask), map_tensor(counts)
        if "depth" in frame.targets:
            depth, known = read_depth(frame.targets["depth"], self.config, header, like)
            targets["depth"], valid["depth"] = map_tensor(depth), map_tensor(known)
        return Sample(
            id=frame.name,
            scene=frame.scene,
            bg=self._background(frame.bg, header.size, like),
            fg_bg=image_tensor(read_image(frame.fg_bg, "RGB", header.size, like, self._limits)),
            targets=targets,
            valid=valid,
        )

    def known(self, indices: Sequence[int]) -> dict[str, Tensor]:
        """The depth of the empty scenes, if there are files of it."""
        if not self.knows:
            return {}
        frames = [self._frame(index) for index in indices]
        return {"background_depth": torch.stack([self._empty_depth(f.bg_depth, f.bg) for f in frames if f.bg_depth])}

    def splits(self) -> Splits:
        """As declared, by background or in time; see the class."""
        return self._splits

    @cached_property
    def _splits(self) -> Splits:
        if not self.tasks:
            unread = unread_labels(self.root)
            labels = f" ({unread} is there, and is not read as labels: {TOOLS} are)" if unread else ""
            raise DataError(
                f"folder: {self.root} has neither mask/ nor depth/{labels}: there is nothing to train on or to score.",
                "Add one of them with an image for every frame; to look at samples or predict needs none.",
            )
        scenes = [frame.scene if isinstance(frame, Frame) else None for frame in self._frames]
        declared = [frame.split if isinstance(frame, Frame) else None for frame in self._frames]
        if not any(declared):
            names = [frame.name for frame in self.matched]
            of = dict(zip(names, folder_splits(names, self.config.split) or (), strict=False))
            declared = [of.get(frame.name) if isinstance(frame, Frame) else None for frame in self._frames]
        if any(declared):
            return declared_splits(scenes, declared, self.config, "folder")
        return split_samples(scenes, self.config, "folder")

    def unused_files(self) -> Sequence[str]:
        """Masks and depths without a frame."""
        return list(spare_truths(self.root))

    def frame_range(self) -> Limits | None:
        """The levels that become black and white in frames of more than 8 bits."""
        return self._limits

    @cached_property
    def _limits(self) -> Limits | None:
        return limits_for(self.config.frame_range, self.photos)

    @cached_property
    def photos(self) -> list[Path]:
        """Every frame, then every background."""
        return [f.fg_bg for f in self.matched] + list(dict.fromkeys(f.bg for f in self.matched))

    def read_as(self) -> Mapping[str, str]:
        """How frames, masks and depths are read."""
        return folder_words(self)

    def doubts(self) -> Sequence[Doubt]:
        """What is ambiguous or unusual about frames, masks and depths."""
        return list(folder_doubts(self))

    def fingerprint(self) -> str:
        """Hash of every file and option; reads all files once."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        files = {
            (f"{kind} {path.relative_to(self.root).as_posix()}", path)
            for frame in self.matched
            for kind, path in frame.files()
        }
        declared = [frame.split or "" if isinstance(frame, Frame) else "" for frame in self._frames]
        pairs = "\n".join(f"{f.name}\0{f.scene}" if isinstance(f, Frame) else "" for f in self._frames)
        options = f"{self.config.model_dump_json(exclude={'frame_range'})}\n{self._limits}\n{declared}"
        return fingerprint(MEANING, f"{options}\n{pairs}", sorted(files))

    def _frame(self, index: int) -> Frame:
        return matched(self._frames[index])

    def _check_headers(self, index: int) -> None:
        frame = self._frame(index)
        header, like = self.header(frame.fg_bg), f"its frame {frame.fg_bg.name}"
        check_size(frame.bg, header.size, like)
        for path in frame.targets.values():
            if path.suffix.lower() not in LABELS and not fits(size := truth_size(path), header):
                check_same(path, size, header.size, like)
        for depth in (frame.targets.get("depth"), frame.bg_depth):
            if depth is not None:
                check_depth(depth, self.config)

    def _read_background(self, path: Path, size: tuple[int, int], like: str) -> Tensor:
        return image_tensor(read_image(path, "RGB", size, like, self._limits))

    def _read_empty_depth(self, path: Path, background: Path) -> Tensor:
        photo: Header = self.header(background)
        return known_tensor(*read_depth(path, self.config, photo, f"its background {background.name}"))
