"""Reads label files, and draws the mask of a frame."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np

from mdf.core.errors import DataError
from mdf.core.image import MAX_PIXELS, too_large
from mdf.plugins.datasets.files.labels.coco import is_coco, read_coco
from mdf.plugins.datasets.files.labels.cvat import read_cvat
from mdf.plugins.datasets.files.labels.labelled import LabelFile, image_name
from mdf.plugins.datasets.files.labels.labelme import is_labelme, read_labelme
from mdf.plugins.datasets.files.labels.shapes import Size
from mdf.plugins.datasets.files.masks.options import MaskOptions, Values
from mdf.plugins.datasets.files.masks.picture import MaskPicture

LABELS = (".json", ".xml")
"""Endings of label files."""
TOOLS = "COCO's JSON (polygons, run lengths), LabelMe's JSON and CVAT's XML"
FOREGROUND, IGNORED = 1, 255


def read_labels(path: Path) -> LabelFile | None:
    """The labels of a file; None if it is not a label file of a known tool.

    Raises
        DataError: it is a label file, but damaged.
    """
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise DataError(
            f"{path} cannot be read ({error.strerror or error}).", "Restore the file, or check its permissions."
        ) from error


@lru_cache(64)
def _read(path: Path, changed: int) -> LabelFile | None:  # noqa: ARG001
    try:
        if path.suffix.lower() == ".xml":
            return read_cvat(path)
        content = json.loads(path.read_bytes())
        if not isinstance(content, dict):
            return None
        if is_coco(content):
            return read_coco(content)
        return read_labelme(content, image_name(path.name)) if is_labelme(content) else None
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise DataError(
            f"{path} cannot be read as labels ({reason}).",
            f"mdf reads {TOOLS}.",
        ) from error


def looks_like_labels(path: Path) -> bool:
    """Whether the beginning of a file contains the words of label files."""
    with path.open("rb") as file:
        head = file.read(2**16)
    return any(word in head for word in (b'"annotations"', b'"shapes"', b"<annotations"))


def draw(path: Path, name: str, size: Size, options: MaskOptions) -> MaskPicture:
    """The mask of the frame `name`, with the levels 0, 1 and 255 (ignored).

    Its size is that in the labels, or else `size` (height, width).

    Raises
        DataError: the file is damaged, does not name the frame, or has a foreground label without an area.
    """
    labels = read_labels(path)
    image = labels.find(name) if labels else None
    if labels is None or image is None:
        raise DataError(f"{path} has no labels of {name}.", "Label the frame, or remove it.")
    given = image.size or size
    if given[0] * given[1] > MAX_PIXELS:
        raise too_large(path, f"{given[1]}×{given[0]}")
    values = np.zeros(given, np.uint8)
    ignored = _names(options.mask_ignore)
    wanted = labels.categories - ignored if options.mask_foreground is None else _names(options.mask_foreground)
    for level, categories in ((FOREGROUND, wanted), (IGNORED, ignored)):
        for drawn in (one for one in image.drawn if one.category in categories):
            if drawn.shape is None:
                raise DataError(
                    f"{path}: on {name} a {drawn.kind} is drawn as `{drawn.category}`, which has no area.",
                    "Draw polygons or masks, or leave that category out (mask_foreground).",
                )
            values[drawn.shape.draw(given)] = level
    return MaskPicture("levels", values)


def describe(paths: Iterable[Path], options: MaskOptions) -> str:
    """How the labels of these files are read. Raises DataError if no file holds a declared category."""
    files = [labels for labels in (read_labels(path) for path in paths) if labels]
    known = frozenset[str]().union(*(labels.categories for labels in files))
    ignored = _names(options.mask_ignore)
    declared = known if options.mask_foreground is None else _names(options.mask_foreground)
    if options.mask_foreground is not None and not declared & known:
        raise DataError(
            f"No label file holds a category that mask_foreground names ({', '.join(sorted(declared))}).",
            f"They hold {', '.join(sorted(known)) or 'none'}.",
        )
    foreground = sorted((declared & known) - ignored)
    tools = " and ".join(sorted({labels.tool for labels in files}))
    shown = ", ".join(foreground[:6]) + (f" and {len(foreground) - 6} more" if len(foreground) > 6 else "")
    words = f"{tools} labels: {shown or 'no category'} {'is' if len(foreground) == 1 else 'are'} foreground"
    return words + (f", {', '.join(sorted(ignored))} ignored" if ignored else "")


def _names(values: Values | None) -> frozenset[str]:
    return frozenset(str(value) for value in values or ())
