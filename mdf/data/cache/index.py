"""The index of a cache folder: everything about its samples besides their arrays."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

FORMAT = 3
"""Raised when the layout of a cache folder changes; folders of another format are rebuilt."""
INDEX = "index.json"


@dataclass(frozen=True, slots=True)
class Index:
    """The index of a cache.

    Attributes:
        files: the size of each array's file, in bytes.
        size: (height, width) of every sample's images.
        tasks, dtypes: the data set's tasks, and the dtype of each one's target, e.g. `float32`.
        knows: the names of what it knows of its empty scenes.
        units, synthetic, fingerprint: those of the data set.
        split_by, splits: how samples are shared out, and the indices of each split.
        ids, scenes, tags: one entry a sample.
    """

    files: Mapping[str, int]
    size: Sequence[int]
    tasks: Sequence[str]
    dtypes: Sequence[str]
    knows: Sequence[str]
    units: Mapping[str, str]
    synthetic: bool
    fingerprint: str
    split_by: Literal["scene", "time"]
    splits: Mapping[str, Sequence[int]]
    ids: Sequence[str]
    scenes: Sequence[str]
    tags: Sequence[Sequence[str]]

    def write(self, folder: Path) -> None:
        """Write it into `folder`, down to the disk."""
        with (folder / INDEX).open("w", encoding="utf-8") as file:
            json.dump({"format": FORMAT, **asdict(self)}, file)
            file.flush()
            os.fsync(file.fileno())

    @staticmethod
    def read(folder: Path) -> Index | None:
        """The index in `folder`; None where there is none that can be read, or it is of another format."""
        try:
            stored = json.loads((folder / INDEX).read_text("utf-8"))
            return Index(**stored) if stored.pop("format") == FORMAT else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None


def is_sound(folder: Path) -> bool:
    """Whether the folder is a complete cache: its index is readable and every file has its recorded size."""
    index = Index.read(folder)
    if index is None:
        return False
    try:
        return all((folder / name).stat().st_size == size for name, size in index.files.items())
    except (OSError, AttributeError, TypeError):
        return False
