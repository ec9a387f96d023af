"""Looks at every mask file of a data set once; what was found is kept."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mdf.core.errors import DataError
from mdf.plugins.datasets.files.kept import kept
from mdf.plugins.datasets.files.masks.facts import MaskFacts, facts_of
from mdf.plugins.datasets.files.masks.picture import read_picture

MEANING = "masks 1"


def mask_census(files: Mapping[str, Path]) -> list[MaskFacts]:
    """The facts of every mask file, by its name below the data set's folder; one that cannot be read says why."""
    chosen = dict(sorted(files.items()))

    def find() -> list[MaskFacts]:
        with ThreadPoolExecutor(min(16, os.cpu_count() or 1)) as threads:
            return list(threads.map(_look, chosen, chosen.values()))

    names = "\n".join(chosen)
    return kept(f"{MEANING}\n{names}", list(chosen.values()), list[MaskFacts], find)


def _look(name: str, path: Path) -> MaskFacts:
    try:
        return facts_of(name, read_picture(path))
    except DataError as error:
        return MaskFacts(name, error=error.message)
