"""Finds CDnet's videos, and those that a filter names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from mdf.core.errors import DataError
from mdf.core.names import close_names
from mdf.plugins.datasets.files.images import entries

LEVELS = 3
"""Folders below the given path in which videos are looked for: `dataset/category/video`."""


def find_videos(path: Path, wanted: tuple[str, ...]) -> list[Path]:
    """Folders with `input` and `groundtruth`: `path` itself, or up to `LEVELS` levels below it.

    `wanted` holds patterns of `video` or `category/video`; empty = all.

    Raises
        DataError: the folder has no video, a folder cannot be listed, two videos have one name, or a pattern names no
            video.
    """
    scenes: dict[str, Path] = {}
    for folder in sorted(_videos(path.resolve(), LEVELS)):
        other = scenes.setdefault(f"{folder.parent.name}/{folder.name}", folder)
        if other != folder:
            raise DataError(f"cdnet: {other} and {folder} have one name.", "Give the path that holds one of them.")
    if not scenes:
        raise DataError(
            f"cdnet: {path} holds no video: no folder in it has both input/ and groundtruth/.",
            "Extract CDnet's archive there; its layout is <category>/<video>/{input,groundtruth}/.",
        )
    named = {scene for pattern in wanted for scene in _named(pattern, scenes)}
    return [folder for scene, folder in scenes.items() if not wanted or scene in named]


def _videos(folder: Path, levels: int) -> Iterator[Path]:
    if os.path.isdir(folder / "input") and os.path.isdir(folder / "groundtruth"):
        yield folder
    elif levels:
        for entry in entries(folder):
            if entry.is_dir():
                yield from _videos(folder / entry.name, levels - 1)


def _named(pattern: str, scenes: dict[str, Path]) -> list[str]:
    hits = [s for s in scenes if fnmatchcase(s, pattern) or fnmatchcase(scenes[s].name, pattern)]
    if not hits:
        names = [*scenes, *(folder.name for folder in scenes.values())]
        close = close_names(pattern, names) or sorted(scenes)[:5]
        raise DataError(f"cdnet: no video is called {pattern!r}.", f"There are, for example: {', '.join(close)}.")
    return hits
