"""Where label files of a `folder:` lie, and which frame each of them is for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from mdf.core.errors import DataError
from mdf.plugins.datasets.files.images import entries, walk
from mdf.plugins.datasets.files.labels.labelled import LabelFile
from mdf.plugins.datasets.files.masks.label_files import LABELS, looks_like_labels, read_labels

PLACES = ("", "annotations", "labels")
"""Folders below the data set's whose label files are read, besides those in `mask/` and beside the frames."""


def find_labels(root: Path, names: Iterable[str]) -> dict[str, Path] | None:
    """The label file of each frame in `names`, by the frame's name; None where there are no labels.

    Raises
        DataError: a label file is damaged, or two name one frame.
    """
    found: dict[str, Path] = {}
    frames = list(names)
    for path in _candidates(root):
        labels = _labels(path)
        if labels is None:
            continue
        for name in frames:
            if labels.find(name) is None:
                continue
            if name in found:
                raise DataError(
                    f"folder: {found[name]} and {path} both hold labels of {name}.", "Keep one of the two label files."
                )
            found[name] = path
    return found or None


def _labels(path: Path) -> LabelFile | None:
    """The labels of a file; None where it is something else, such as settings of a camera.

    Raises
        DataError: it looks like labels, or lies in `mask/`, and cannot be read.
    """
    try:
        return read_labels(path)
    except DataError:
        if "mask" in path.parts[-3:-1] or looks_like_labels(path):
            raise
        return None


def _candidates(root: Path) -> Iterator[Path]:
    for place in PLACES:
        if os.path.isdir(root / place):
            yield from (root / place / e.name for e in entries(root / place) if _is_label(e.name) and e.is_file())
    for place in ("mask", "fg_bg"):
        if os.path.isdir(root / place):
            yield from (path for _, path in walk(root / place) if _is_label(path.name))


def _is_label(name: str) -> bool:
    return name.lower().endswith(LABELS)
