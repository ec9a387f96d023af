"""How a folder's files are read, in words, and which of them are ambiguous or unusual."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mdf.core.dataset import Doubt
from mdf.core.errors import DataError
from mdf.core.orientation import UPRIGHT
from mdf.plugins.datasets.files.depth_doubts import depth_doubts, depth_words
from mdf.plugins.datasets.files.frame_levels import level_doubts, level_facts, level_words
from mdf.plugins.datasets.files.masks.doubts import mask_doubts
from mdf.plugins.datasets.files.truth import has_tag

if TYPE_CHECKING:
    from mdf.plugins.datasets.folder.dataset import Folder


def folder_words(folder: Folder) -> Mapping[str, str]:
    """How each kind of file is read. Raises DataError if the files do not decide it."""
    frames = folder.matched
    endings = sorted({frame.fg_bg.suffix.lower() for frame in frames})
    words = {"frames": ", ".join(endings)}
    if facts := level_facts(folder.photos):
        words["frames"] += f", {level_words(facts, folder.frame_range())}"
    turned = sum(tag != UPRIGHT for tag in _tags(folder).values())
    if turned:
        words["frames"] += f"; {turned} of {len(frames)} turned by their EXIF tag"
    if "mask" in folder.tasks:
        words["mask"] = folder.masks.meaning.words
    if "depth" in folder.tasks:
        words["depth"] = depth_words(frames[0].targets["depth"], folder.config)
    if empty := next((frame.bg_depth for frame in frames if frame.bg_depth), None):
        words["bg_depth"] = depth_words(empty, folder.config)
    return words


def folder_doubts(folder: Folder) -> Iterator[Doubt]:
    """What is ambiguous or unusual."""
    for task in folder.tasks:
        yield from _orientation_doubts(folder, task)
    if "mask" in folder.tasks:
        yield from mask_doubts(folder.masks)
    depths = [frame.targets["depth"] for frame in folder.matched if "depth" in frame.targets]
    empty = dict.fromkeys(frame.bg_depth for frame in folder.matched if frame.bg_depth)
    yield from depth_doubts([*depths, *empty], folder.config)
    yield from level_doubts(folder.photos, folder.frame_range())
    yield from _bits_doubts(folder)


def _bits_doubts(folder: Folder) -> Iterator[Doubt]:
    """A warning if a frame has more than 8 bits and its background has not, or the other way round."""
    mixed = []
    for frame in folder.matched:
        with suppress(DataError):  # reported when the sample is read
            if folder.header(frame.fg_bg).deep != folder.header(frame.bg).deep:
                mixed.append(frame)
    if mixed:
        limits = folder.frame_range()
        yield Doubt(
            "warning" if limits is None else "error",
            f"{len(mixed)} frames and their backgrounds differ in their bits: of {mixed[0].fg_bg.name} and "
            f"{mixed[0].bg.name}, one has 8 bits and the other has more, so equal levels can mean different brightness",
            "save both with the same number of bits"
            + ("" if limits is None else "; or, where those of 8 bits are the upper 8 of 16, set frame_range to full"),
        )


def _orientation_doubts(folder: Folder, task: str) -> Iterator[Doubt]:
    """An error if sizes do not show whether masks or depths are stored upright or like their photos."""
    option = f"{task}_orientation"
    if getattr(folder.config, option) is not None:
        return
    unclear = []
    for frame in folder.matched:
        with suppress(DataError):  # reported when the sample is read
            if not folder.header(frame.fg_bg).sizes_tell and not has_tag(frame.targets[task]):
                unclear.append(frame)
    if unclear:
        photo, truth = unclear[0].fg_bg, unclear[0].targets[task]
        yield Doubt(
            "error",
            f"{len(unclear)} photos are turned by their EXIF tag ({photo}: orientation {folder.header(photo).tag}), "
            f"and sizes do not show whether the {task} ({truth.name}) is stored upright or turned with the photo",
            f"set {option} to upright (most annotation tools) or to stored; `mdf data show` draws it as upright",
        )


def _tags(folder: Folder) -> dict[Path, int]:
    found = {}
    for frame in folder.matched:
        with suppress(DataError):
            found[frame.fg_bg] = folder.header(frame.fg_bg).tag
    return found
