"""Finds the label files of a `folder:`, and the frames of each of them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mdf.core.dataset import SplitName
from mdf.core.errors import DataError
from mdf.core.natural import natural
from mdf.plugins.datasets.files.images import entries, walk
from mdf.plugins.datasets.files.labels.labelled import LabelFile, are_related, numbered_name
from mdf.plugins.datasets.files.masks.label_files import LABELS, looks_like_labels, read_labels
from mdf.plugins.datasets.folder.declared import split_of

PLACES = ("", "annotations", "labels")
"""Folders in the data set with label files, besides `mask/` and the folder of the frames."""


@dataclass(frozen=True, slots=True)
class Label:
    """Where the labels of a frame are: the file, the frame's name in it, and the split that the file is named after."""

    file: Path
    name: str
    split: SplitName | None = None


def find_labels(root: Path, names: Iterable[str]) -> dict[str, Label] | None:
    """The labels of each frame in `names`, by the frame's name; None if there are no labels.

    Raises
        DataError: a label file is damaged, or does not show which frames it labels; two files label the same frame.
    """
    found: dict[str, Label] = {}
    shared: set[Path] = set()
    frames = list(names)
    alike = by_end(frames)
    for stem, path in _candidates(root):
        labels = _labels(path)
        if labels is None:
            continue
        if labels.frames is not None:
            matched = _numbered(path, labels.frames, frames)
        else:
            images = {stem: next(iter(labels.images))} if labels.alone else {name: name for name in labels.images}
            matched = _named(path, images, alike)
        for frame, name in matched.items():
            if frame in found:
                raise DataError(
                    f"folder: {found[frame].file} and {path} both hold labels of {frame}.",
                    "Keep one of the two label files.",
                )
            found[frame] = Label(path, name)
        if matched and not labels.alone:
            shared.add(path)
    splits = _splits(shared)
    return {frame: replace(label, split=splits.get(label.file)) for frame, label in found.items()} or None


def unread_labels(root: Path) -> Path | None:
    """A file that looks like labels of a tool that is not known: text in `labels/` (YOLO), XML or JSON of others."""
    for place in (place for place in PLACES if os.path.isdir(root / place)):
        for entry in entries(root / place):
            path = root / place / entry.name
            text = place and path.suffix.lower() == ".txt"
            if entry.is_file() and (text or (_is_label(entry.name) and _labels(path) is None)):
                return path
    return None


def _splits(files: Iterable[Path]) -> dict[Path, SplitName]:
    """The split of each label file, if there are several named after splits: `instances_train`, `instances_val`."""
    found = {
        file: [split for word in re.findall("[a-z]+", file.stem.casefold()) if (split := split_of(word))]
        for file in files
    }
    if len({split for splits in found.values() for split in splits}) < 2 or any(len(s) != 1 for s in found.values()):
        return {}
    return {file: splits[0] for file, splits in found.items()}


def _named(path: Path, images: Mapping[str, str], alike: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The frames that a file labels, each with its name in the file.

    `images` are the images of the file by their paths. `alike` are the frames by the last part of their names.

    Raises
        DataError: an image could be several frames, or several images one.
    """
    found: dict[str, str] = {}
    exact = {image for image in images if image in alike.get(_end(image), ())}
    for image, key in images.items():
        of = (
            [image]
            if image in exact
            else [f for f in alike.get(_end(image), ()) if f not in exact and are_related(f, image)]
        )
        if len(of) > 1:
            raise DataError(
                f"folder: {path} has labels of {image}, and several frames have this name: {', '.join(of[:3])}.",
                "Have it name images by their paths below fg_bg/, or put each label file beside its frame.",
            )
        for frame in of:
            if frame in found:
                raise DataError(
                    f"folder: {path} names several images that could be {frame}: {found[frame]}, {image}.",
                    "Give each image a name of its own, or labels with paths as the frames have them.",
                )
            found[frame] = key
    return found


def _numbered(path: Path, count: int, frames: Sequence[str]) -> dict[str, str]:
    """The frames of a video that a file labels by number: all frames, in their order.

    Raises
        DataError: the folder holds more or fewer frames, or their order is not clear.
    """
    named = {numbered_name(number) for number in range(count)}
    own = {frame: _end(frame) for frame in frames if _end(frame) in named}
    if numbered_name(0) in own.values() and len(own) == len(frames) == len(set(own.values())):
        return own
    if len(frames) != count or sorted(frames) != natural(frames):
        raise DataError(
            f"folder: {path} numbers {count} frames of a video and does not name them; fg_bg/ holds {len(frames)}"
            f"{', whose order is not clear' if len(frames) == count else ''}.",
            f"Put all frames of the video there, numbered with equally many digits ({numbered_name(0)} is the first); "
            "or export as `CVAT for images 1.1`.",
        )
    return {frame: numbered_name(number) for number, frame in enumerate(natural(frames))}


def _end(name: str) -> str:
    return name.rpartition("/")[2]


def by_end(frames: Iterable[str]) -> dict[str, list[str]]:
    """The frames by the last part of their names."""
    found: dict[str, list[str]] = {}
    for frame in frames:
        found.setdefault(_end(frame), []).append(frame)
    return found


def _labels(path: Path) -> LabelFile | None:
    """The labels of a file; None if it is something else, such as camera settings.

    Raises
        DataError: it looks like a label file, or is in `mask/`, but cannot be read.
    """
    try:
        return read_labels(path)
    except DataError:
        if "mask" in path.parts[-3:-1] or looks_like_labels(path):
            raise
        return None


def _candidates(root: Path) -> Iterator[tuple[str, Path]]:
    """Every file that may hold labels, with its path below the searched folder, without the ending."""
    for place in (place for place in PLACES if os.path.isdir(root / place)):
        for entry in entries(root / place):
            if _is_label(entry.name) and entry.is_file():
                yield entry.name.rpartition(".")[0], root / place / entry.name
    for place in ("mask", "fg_bg"):
        if os.path.isdir(root / place):
            yield from ((stem, path) for stem, path in walk(root / place) if _is_label(path.name))


def _is_label(name: str) -> bool:
    return name.lower().endswith(LABELS)
