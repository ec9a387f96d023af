"""Which files of the `folder:` layout belong to one sample."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from unicodedata import normalize

from mdf.core.dataset import SplitName
from mdf.core.errors import DataError
from mdf.plugins.datasets.files.images import inside
from mdf.plugins.datasets.files.unmatched import Unmatched, found, matched
from mdf.plugins.datasets.folder.declared import split_of
from mdf.plugins.datasets.folder.layout import LAYOUT, Layout, read_layout
from mdf.plugins.datasets.folder.lists import list_splits
from mdf.plugins.datasets.folder.table import Row, find_table, read_table

TARGETS = ("mask", "depth")
BG_DEPTH = "bg_depth"


@dataclass(frozen=True, slots=True)
class Frame:
    """The files of one sample.

    Attributes:
        name: its frame's path without the ending.
        scene: its background's path without the ending.
        targets: the file of each target. For a mask it can be a label file, which can be for many frames.
        bg_depth: the depth of its empty scene, if there is a file of it.
        split: the split that it is declared for.
        label: its name in the label file, if its mask is in one.
    """

    name: str
    scene: str
    bg: Path
    fg_bg: Path
    targets: dict[str, Path] = field(default_factory=dict)
    bg_depth: Path | None = None
    split: SplitName | None = None
    label: str = ""

    def files(self) -> Iterator[tuple[str, Path]]:
        """The role of each file, and the file."""
        yield from (("bg", self.bg), ("fg_bg", self.fg_bg), *self.targets.items())
        if self.bg_depth is not None:
            yield "bg_depth", self.bg_depth


def find_frames(root: Path) -> list[Frame | Unmatched]:
    """The samples of a folder, from its `pairs.csv` or from the names of its files. A sample with a missing file is
    unmatched.

    Raises
        DataError: there are no samples, or all are unmatched.
    """
    table = find_table(root)
    frames = list(_written(root, table)) if table else list(_matched(root))
    if not frames:
        raise DataError(f"folder: {table or root / 'fg_bg'} holds no frames.", LAYOUT)
    if not any(isinstance(frame, Frame) for frame in frames):
        matched(frames[0])
    return frames


def _matched(root: Path) -> Iterator[Frame | Unmatched]:
    for part, layout in _layouts(root).items():
        splits = {} if part else list_splits(root, layout.frames.files)
        for name in layout.frames.files:
            frame = found(_frame, layout, name, splits.get(name))
            if part and isinstance(frame, Frame):
                frame = replace(frame, name=f"{part}/{name}", scene=f"{part}/{frame.scene}")
            yield frame


def _layouts(root: Path) -> dict[str, Layout]:
    """The layout of the folder itself, or those of its folders train/, val/ and test/."""
    parts = sorted(entry for entry in os.listdir(root) if split_of(entry) and os.path.isdir(root / entry / "fg_bg"))
    if parts and not os.path.isdir(root / "fg_bg"):
        return {part: read_layout(root / part, root) for part in parts}
    return {"": read_layout(root, root)}


def _frame(layout: Layout, name: str, split: SplitName | None) -> Frame:
    path, scene = layout.frames.files[name], _background_of(layout, name)
    targets = {task: layout.truth(task, name) for task in TARGETS if task in layout.truths}
    empty_depth = layout.empty_depth(scene)
    label = layout.labels[name] if layout.labels else None
    split, called = split or (label.split if label else None), label.name if label else ""
    return Frame(name, scene, layout.backgrounds.files[scene], path, targets, empty_depth, split, called)


def _background_of(layout: Layout, name: str) -> str:
    known = layout.backgrounds.files
    scene = background_of(name, known)
    if scene is None and split_of(name.partition("/")[0]):
        scene = background_of(name.partition("/")[2], known)
    if scene is None:
        raise DataError(
            f"folder: {layout.frames.files[name]} has no background: no image in {layout.backgrounds.folder} "
            f"({len(known)} there) has a name that is a prefix of its name.",
            "Name a background like the beginning of its frames' names (`room1` for `room1_0001`), or write pairs.csv.",
        )
    return scene


def background_of(name: str, backgrounds: Iterable[str]) -> str | None:
    """The longest of `backgrounds` that is a prefix of `name` and does not end inside a word or a number. A single
    background serves every frame. None if none fits.

    >>> background_of("room12_0007", {"room1", "room12", "r"})
    'room12'
    """
    known = backgrounds if isinstance(backgrounds, (dict, set, frozenset)) else set(backgrounds)
    for end in range(len(name), 0, -1):
        if name[:end] in known and not _cuts(name, end):
            return name[:end]
    return next(iter(known)) if len(known) == 1 else None


def _cuts(name: str, end: int) -> bool:
    if end == len(name):
        return False
    before, after = name[end - 1], name[end]
    return (before.isdecimal() and after.isdecimal()) or (before.isalpha() and after.isalpha())


def _written(root: Path, table: Path) -> Iterator[Frame | Unmatched]:
    seen: set[str] = set()
    yield from (found(_row, root, row, seen) for row in read_table(table))


def _row(root: Path, row: Row, seen: set[str]) -> Frame:
    if row.unknown:
        raise DataError(
            f"{row.source} has {row.unknown} in the column split.",
            "Write train, val or test there, and remove rows that belong to no split.",
        )
    files = {column: inside(root, name, row.source) for column, name in row.files.items()}
    name = _stem(root, files["fg_bg"])
    if name in seen:
        raise DataError(f"{row.source} names {row.files['fg_bg']!r} a second time.", "Keep one line a frame.")
    seen.add(name)
    targets = {task: files[task] for task in TARGETS if task in files}
    return Frame(name, _stem(root, files["bg"]), files["bg"], files["fg_bg"], targets, files.get(BG_DEPTH), row.split)


def _stem(root: Path, path: Path) -> str:
    return normalize("NFC", path.relative_to(root).with_suffix("").as_posix())


def spare_truths(root: Path) -> Iterator[str]:
    """The masks and depths whose frame does not exist, each in a sentence."""
    if find_table(root) is None:
        for layout in _layouts(root).values():
            yield from layout.unused_files()
