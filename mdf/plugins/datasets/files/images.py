"""Folders that may hold anything: what images lie in them, under names that stay inside."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from mdf.core.errors import DataError

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".webp")


def data_folder(written: str, usage: str) -> Path:
    """The folder that a user wrote after the colon; `usage` is what should have been written, `folder:PATH`.

    Raises
        DataError: nothing was written, or no such folder is there.
    """
    name = usage.partition(":")[0]
    if not written:
        raise DataError(f"{name} needs a folder.", f"Name it after a colon: {usage}.")
    path = Path(os.path.expanduser(written))
    if not os.path.isdir(path):
        raise DataError(f"{name}: there is no folder {path}.", f"Check the path after the colon: {usage}.")
    return path


def entries(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder, sorted by name, hidden files left out.

    Raises
        DataError: it is missing or may not be read.
    """
    try:
        with os.scandir(folder) as found:
            return sorted((e for e in found if not e.name.startswith(".")), key=lambda e: e.name)
    except OSError as error:
        raise DataError(
            f"{folder} cannot be listed ({error.strerror or error}).", "Check that the folder is there and readable."
        ) from error


def images(folder: Path) -> dict[str, Path]:
    """Every image in a folder and the folders below it, by its path without the ending (`kitchen/0001`).

    In natural order: `frame2` before `frame10`. Folders that are links are not entered.

    Raises
        DataError: the folder cannot be listed, a name is not UTF-8, or two images differ in their ending alone.
    """
    found: dict[str, Path] = {}
    for stem, path in _walk(folder, ""):
        if not _is_text(stem):  # it becomes a sample's id, which is written into files of text
            raise DataError(f"In {folder} the name {stem!r} is not UTF-8.", "Rename it.")
        if stem in found:
            raise DataError(f"{found[stem]} and {path} have one name.", "Keep one of the two.")
        found[stem] = path
    return {stem: found[stem] for stem in natural(found)}


def _is_text(name: str) -> bool:
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False


def natural(names: Iterable[str]) -> list[str]:
    """Names in the order in which people count: `frame2` before `frame10`."""
    return sorted(names, key=lambda name: ([_number(part) for part in re.split("([0-9]+)", name)], name))


def inside(folder: Path, name: str, source: str) -> Path:
    """The file that data call `name`, below `folder`; `source` says where that name stands.

    Raises
        DataError: the name leads out of the folder, or there is no such file.
    """
    pure = PurePosixPath(name.replace("\\", "/"))
    if not name or "\0" in name or pure.is_absolute() or PureWindowsPath(name).drive or ".." in pure.parts:
        raise DataError(f"{source} names {name!r}.", f"Write a path below {folder}, without `..`.")
    path = folder / pure
    if not path.is_file():
        raise DataError(f"{source} names {name!r}, and {path} is missing.", "Restore the file or correct its name.")
    return path


def _walk(folder: Path, above: str) -> Iterator[tuple[str, Path]]:
    """Each image's path without the ending, `above` put before it, and its path."""
    for entry in entries(folder):
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(folder / entry.name, f"{above}{entry.name}/")
        elif entry.name.lower().endswith(ENDINGS) and entry.is_file():
            yield above + entry.name.rpartition(".")[0], folder / entry.name


def _number(part: str) -> tuple[int, str]:
    return (int(part), "") if part.isdecimal() else (-1, part)
