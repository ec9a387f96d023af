"""The folders of the `folder:` layout, and the files in them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mdf.core.errors import DataError
from mdf.core.image_formats import ENDINGS
from mdf.plugins.datasets.files.arrays import ARRAYS
from mdf.plugins.datasets.files.depth import DEPTH_ENDINGS
from mdf.plugins.datasets.files.images import Listing, listed
from mdf.plugins.datasets.folder.labels import Label, find_labels

READ = {"bg": ENDINGS, "fg_bg": ENDINGS, "mask": (*ENDINGS, *ARRAYS), "depth": DEPTH_ENDINGS, "bg_depth": DEPTH_ENDINGS}
"""Endings that are read in each folder."""
LAYOUT = (
    "The layout is bg/ (empty scenes), fg_bg/ (frames), mask/, depth/ and bg_depth/ (may be absent), files matched by "
    "name, all of it perhaps in train/, val/ and test/; or a pairs.csv with the columns "
    "fg_bg,bg,mask,depth,bg_depth,split."
)


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of a folder by name. `truths` holds the files of each target. If masks are label files, `labels` says
    where the labels of each frame are. `depths` holds the depths of the empty scenes, if there are some."""

    backgrounds: Listing
    frames: Listing
    truths: dict[str, Listing]
    labels: dict[str, Label] | None
    depths: Listing | None

    def truth(self, task: str, name: str) -> Path:
        """The file of a frame's target.

        Raises
            DataError: there is no such file that can be read.
        """
        files, frame = self.truths[task], self.frames.files[name]
        if task == "mask" and self.labels is not None:
            if name in self.labels:
                return self.labels[name].file
            raise DataError(f"folder: {frame} has no mask: no label file names it.", "Label it, or remove the frame.")
        if name not in files.files:
            raise DataError(
                f"folder: {frame} has no {task}: {files.why_missing(name)}.",
                files.cure(name) or f"Add it, remove the frame, or move {task}/ away to go without it.",
            )
        return files.files[name]

    def empty_depth(self, scene: str) -> Path | None:
        """The depth of an empty scene; None if no scene has one. Raises DataError if that of `scene` is missing."""
        if self.depths is None:
            return None
        if scene not in self.depths.files:
            raise DataError(
                f"folder: {self.backgrounds.files[scene]} has no depth: {self.depths.why_missing(scene)}.",
                self.depths.cure(scene) or "Add it, or move bg_depth/ away to go without it.",
            )
        return self.depths.files[scene]

    def unused_files(self) -> Iterator[str]:
        """The masks and depths whose frame does not exist, each in a sentence."""
        for listing in self.truths.values():
            for name in (name for name in listing.files if name not in self.frames.files):
                yield (f"folder: {listing.files[name]} has no frame: there is no image {name} in {self.frames.folder}.")


def read_layout(root: Path, shared: Path) -> Layout:
    """The layout of `root`; backgrounds (and their depths) may lie in `shared` instead.

    Raises
        DataError: a folder is missing, or holds no frames that are read.
    """
    places = {name: root if os.path.isdir(root / name) else shared for name in ("bg", "bg_depth")}
    for name, place in (("bg", places["bg"]), ("fg_bg", root)):
        if not os.path.isdir(place / name):
            raise DataError(f"folder: {root} has no folder {name}/.", LAYOUT)
    frames = listed(root / "fg_bg", ENDINGS)
    if not frames.files:
        _refuse_unread(frames)
    truths = {task: listed(root / task, READ[task]) for task in ("mask", "depth") if os.path.isdir(root / task)}
    labels = None
    if "mask" not in truths or not truths["mask"].files:
        labels = find_labels(root, frames.files)
        if labels is not None:
            truths = {"mask": Listing(root, (), {}), **truths}
    depth = places["bg_depth"] / "bg_depth"
    return Layout(
        listed(places["bg"] / "bg", ENDINGS),
        frames,
        truths,
        labels,
        listed(depth, DEPTH_ENDINGS) if os.path.isdir(depth) else None,
    )


def _refuse_unread(frames: Listing) -> None:
    """Raise DataError if there are frames, but none can be read."""
    name = next(iter(frames.others), None)
    if name is not None:
        raise DataError(
            f"folder: {frames.folder} holds no frames that are read: {frames.why_missing(name)}.", frames.cure(name)
        )
