"""Examines every mask file of a data set once, and stores the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mdf.core.cores import cores
from mdf.core.errors import DataError
from mdf.plugins.datasets.files.kept import kept
from mdf.plugins.datasets.files.masks.facts import MaskFacts, facts_of
from mdf.plugins.datasets.files.masks.picture import MaskPicture, read_picture

MEANING = "masks 2"


def mask_census(
    files: Mapping[str, Path],
    read: Callable[[str, Path], MaskPicture] = lambda _, path: read_picture(path),
    key: str = "",
) -> list[MaskFacts]:
    """The facts of every mask file, by the name of its frame. If a file cannot be read, its facts say why.

    `read` decodes a file. `key` names everything besides the file that the result depends on.
    """
    chosen = dict(sorted(files.items()))

    def look(name: str, path: Path) -> MaskFacts:
        try:
            return facts_of(path.name, read(name, path))
        except DataError as error:
            return MaskFacts(path.name, error=error.message)

    def find() -> list[MaskFacts]:
        with ThreadPoolExecutor(min(16, cores())) as threads:
            return list(threads.map(look, chosen, chosen.values()))

    names = "\n".join([MEANING, key, *chosen])
    return kept(names, list(chosen.values()), list[MaskFacts], find)
