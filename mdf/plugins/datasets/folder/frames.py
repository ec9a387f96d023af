"""Which files of the `folder:` layout belong to one sample."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mdf.core.errors import DataError
from mdf.plugins.datasets.files.images import images, inside
from mdf.plugins.datasets.files.unmatched import Unmatched, found, matched

TARGETS = ("mask", "depth")
BG_DEPTH = "bg_depth"
TABLE = "pairs.csv"


@dataclass(frozen=True, slots=True)
class Frame:
    """The files of one sample.

    Attributes:
        name: its frame's path without the ending.
        scene: its background's path without the ending.
        targets: the file of each target.
        bg_depth: the depth of its empty scene, where there is a file of it.
    """

    name: str
    scene: str
    bg: Path
    fg_bg: Path
    targets: dict[str, Path]
    bg_depth: Path | None = None

    def files(self) -> Iterator[tuple[str, Path]]:
        """What each file is for, and the file."""
        yield from (("bg", self.bg), ("fg_bg", self.fg_bg), *self.targets.items())
        if self.bg_depth is not None:
            yield "bg_depth", self.bg_depth


def find_frames(root: Path) -> list[Frame | Unmatched]:
    """The samples of a folder, as its `pairs.csv` says, else by the names of its files; what lacks a file is unmatched.

    Raises
        DataError: there are none, or none of them is matched.
    """
    table = root / TABLE
    frames = list(_written(root, table)) if table.exists() else list(_matched(root))
    if not frames:
        raise DataError(f"folder: {table if table.exists() else root / 'fg_bg'} holds no frames.", LAYOUT)
    if not any(isinstance(frame, Frame) for frame in frames):
        matched(frames[0])
    return frames


def spare_truths(root: Path) -> Iterator[str]:
    """The masks and depths that names would match with a frame that is not there, each in a sentence."""
    if (root / TABLE).exists():
        return
    frames = images(root / "fg_bg")
    for files in (images(root / task) for task in TARGETS if os.path.isdir(root / task)):
        for name in (name for name in files if name not in frames):
            yield f"folder: {files[name]} has no frame: there is no image {name} in {root / 'fg_bg'}."


LAYOUT = (
    "The layout is bg/ (empty scenes), fg_bg/ (frames), mask/, depth/ and bg_depth/ (may be absent), files matched by "
    "name, or a pairs.csv with the columns fg_bg,bg,mask,depth,bg_depth."
)


@dataclass(frozen=True, slots=True)
class _Listing:
    """What lies in a folder: files by name."""

    root: Path
    backgrounds: dict[str, Path]
    frames: dict[str, Path]
    truths: dict[str, dict[str, Path]]
    depths: dict[str, Path] | None

    def match(self, name: str) -> Frame:
        """The files of a frame."""
        path, scene = self.frames[name], background_of(name, self.backgrounds)
        if scene is None:
            raise DataError(
                f"folder: {path} has no background: no image in {self.root / 'bg'} ({len(self.backgrounds)} there) is "
                "called as its name begins.",
                "Name backgrounds like the beginning of their frames (`room1` for `room1_0001`), or write pairs.csv.",
            )
        for task, files in self.truths.items():
            if name not in files:
                raise DataError(
                    f"folder: {path} has no {task}: there is no image {name} in {self.root / task}.",
                    f"Add it, remove the frame, or move {task}/ away to go without it.",
                )
        if self.depths is not None and scene not in self.depths:
            raise DataError(
                f"folder: {self.backgrounds[scene]} has no depth: there is no image {scene} in {self.root / BG_DEPTH}.",
                f"Add it, or move {BG_DEPTH}/ away to go without it.",
            )
        targets = {task: files[name] for task, files in self.truths.items()}
        return Frame(name, scene, self.backgrounds[scene], path, targets, self.depths[scene] if self.depths else None)


def _matched(root: Path) -> Iterator[Frame | Unmatched]:
    for name in ("bg", "fg_bg"):
        if not os.path.isdir(root / name):
            raise DataError(f"folder: {root} has no folder {name}/.", LAYOUT)
    truths = {task: images(root / task) for task in TARGETS if os.path.isdir(root / task)}
    depths = images(root / BG_DEPTH) if os.path.isdir(root / BG_DEPTH) else None
    listing = _Listing(root, images(root / "bg"), images(root / "fg_bg"), truths, depths)
    yield from (found(listing.match, name) for name in listing.frames)


def background_of(name: str, backgrounds: Iterable[str]) -> str | None:
    """The longest of `backgrounds` that `name` begins with, cut inside no word and no number; a single one
    serves every frame. None where there is none.

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
    yield from (found(_row, root, f"line {line} of {table}", row, seen) for line, row in _rows(table))


def _row(root: Path, source: str, row: dict[str, str], seen: set[str]) -> Frame:
    files = {column: inside(root, (row[column] or "").strip(), source) for column in row}
    name = _stem(root, files["fg_bg"])
    if name in seen:
        raise DataError(f"{source} names {row['fg_bg']!r} a second time.", "Keep one line a frame.")
    seen.add(name)
    targets = {task: files[task] for task in TARGETS if task in files}
    return Frame(name, _stem(root, files["bg"]), files["bg"], files["fg_bg"], targets, files.get(BG_DEPTH))


def _rows(table: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells by column, unknown columns left out."""
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restval="")
            reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
            columns = [name for name in ("fg_bg", "bg", *TARGETS, BG_DEPTH) if name in reader.fieldnames]
            if columns[:2] != ["fg_bg", "bg"]:
                raise DataError(
                    f"{table} has no columns fg_bg and bg in its first line.",
                    "Write `fg_bg,bg,mask,depth,bg_depth` there (the last three may be missing); paths are below its "
                    "folder.",
                )
            for row in reader:
                yield reader.line_num, {name: row[name] for name in columns}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{table} cannot be read ({error}).", "Save it as CSV in UTF-8.") from error


def _stem(root: Path, path: Path) -> str:
    return path.relative_to(root).with_suffix("").as_posix()
