"""Stores what was found in the files of a data set, as long as the files do not change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from mdf.core.cache_root import cache_root
from mdf.core.errors import MdfError
from mdf.core.files import write_text

Facts = TypeVar("Facts")


def kept(meaning: str, files: Sequence[Path], kind: type[Facts], find: Callable[[], Facts]) -> Facts:
    """What `find` finds in `files`, or what it found before if no file has changed since.

    `meaning` contains a version number. Change it if the same files must give other facts. Files are recognised by
    path, size and times. They are not read.
    """
    adapter = TypeAdapter(kind)
    place = cache_root() / "facts" / f"{_key(meaning, files)}.json"
    with suppress(OSError, ValidationError, ValueError):
        return adapter.validate_json(place.read_bytes())
    facts = find()
    with suppress(MdfError):  # it only saves time
        write_text(place, adapter.dump_json(facts).decode())
    return facts


def _key(meaning: str, files: Sequence[Path]) -> str:
    total = blake2b(meaning.encode(), digest_size=16)
    for path in files:
        try:
            status = path.stat()
            stamp = f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"
        except OSError:
            stamp = "gone"
        total.update(f"\n{path.absolute()}\0{stamp}".encode(errors="surrogateescape"))
    return total.hexdigest()
