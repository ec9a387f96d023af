"""Lists of the frames of a split: `train.txt`, `val.txt`, `test.txt`, with one name per line."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from unicodedata import normalize

from mdf.core.dataset import SplitName
from mdf.core.errors import DataError
from mdf.core.image_formats import ENDINGS
from mdf.plugins.datasets.files.images import entries
from mdf.plugins.datasets.files.labels.labelled import are_related
from mdf.plugins.datasets.folder.declared import split_of
from mdf.plugins.datasets.folder.labels import by_end

PLACES = ("", "splits", "split", "ImageSets", "ImageSets/Main", "ImageSets/Segmentation")
LISTS = (".txt", ".lst")
BOTH = "trainval"
"""VOC's name for the list of all frames in `train` or `val`."""
MOST = 2**26
"""Largest size of a list in bytes."""


def list_splits(root: Path, names: Iterable[str]) -> dict[str, SplitName]:
    """The split of each frame in `names` that a list names; empty if there are no lists of frames.

    Raises
        DataError: two lists name the same frame; a line could mean several frames.
    """
    alike = by_end(names)
    found: dict[str, tuple[SplitName, Path]] = {}
    for split, path in _lists(root):
        for frame in _frames(path, alike):
            other, where = found.setdefault(frame, (split, path))
            if other != split:
                raise DataError(
                    f"folder: {where} and {path} both name {frame}.",
                    "Leave it in the list of the split that it is for.",
                )
    return {frame: split for frame, (split, _) in found.items()}


def _lists(root: Path) -> Iterator[tuple[SplitName, Path]]:
    for place in (place for place in PLACES if os.path.isdir(root / place)):
        files = [root / place / entry.name for entry in entries(root / place) if entry.is_file()]
        lists = {path: split for path in files if path.suffix.lower() in LISTS and (split := split_of(path.stem))}
        whole = {path for path in lists if path.stem.casefold() == BOTH}
        for path, split in lists.items():
            if path not in whole or "train" not in {lists[other] for other in lists.keys() - whole}:
                yield split, path


def _frames(path: Path, alike: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The frames that the lines of a list name. Lines without a frame in the data set are ignored."""
    try:
        text = path.read_bytes()[:MOST].decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as a list of frames ({error}).", "Save it as text in UTF-8.") from error
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        of = next((of for written in (line.strip(), *words[:1]) if (of := _meant(written, alike))), [])
        if len(of) > 1:
            raise DataError(
                f"line {number} of {path} could name several frames: {', '.join(of[:3])}.",
                "Write their paths below fg_bg/.",
            )
        yield from of


def _meant(written: str, alike: Mapping[str, Sequence[str]]) -> list[str]:
    name = normalize("NFC", written.replace("\\", "/")).removeprefix("./")
    stem = name.rpartition(".")[0] if name.lower().endswith(ENDINGS) else name
    of = [frame for frame in alike.get(stem.rpartition("/")[2], ()) if are_related(frame, stem)]
    return [stem] if stem in of else of
