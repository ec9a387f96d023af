"""Caches in a shared place: one machine decodes a data set, and the others copy what it has put there.

Nobody waits for another machine: two that begin at once both decode, and put the same bytes.
"""

from __future__ import annotations

import warnings
from pathlib import Path

from mdf.core.errors import MdfError
from mdf.core.shared.place import shared_place
from mdf.data.cache.index import FORMAT, INDEX, is_sound


def fetch(folder: Path, name: str) -> bool:
    """Copy the cache called `name` into `folder`, which is empty; whether it was there, and is sound."""
    place = shared_place()
    try:
        if place is not None and place.fetch(_key(name), folder) and is_sound(folder):
            return True
    except MdfError as error:
        warnings.warn(error.message, stacklevel=1)
    for left in folder.iterdir():
        left.unlink()
    return False


def share(folder: Path) -> None:
    """Put a filled cache into the shared place, unless it is there."""
    place = shared_place()
    try:
        if place is not None and not place.has(_key(folder.name)):
            arrays = sorted(folder.glob("*.npy"))
            place.put(_key(folder.name), {path.name: path for path in [*arrays, folder / INDEX]})
    except MdfError as error:
        warnings.warn(error.message, stacklevel=1)


def _key(name: str) -> str:
    return f"caches/{FORMAT}/{name}"
