"""Lists the files of a folder that may hold anything. Names never lead out of the folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from unicodedata import normalize

from mdf.core.errors import DataError
from mdf.core.image_formats import ENDINGS
from mdf.core.natural import natural
from mdf.plugins.datasets.files.not_read import advice_on


@dataclass(frozen=True, slots=True)
class Listing:
    """The files in a folder and below it.

    Attributes:
        folder: the folder.
        endings: those that are read.
        files: the files that are read, by their path below the folder without the ending (`kitchen/0001`), as
            composed Unicode (NFC), in natural order.
        others: files of other endings, by the same names.
    """

    folder: Path
    endings: tuple[str, ...]
    files: dict[str, Path]
    others: dict[str, list[Path]] = field(default_factory=dict)

    def why_missing(self, name: str) -> str:
        """Why no file with this name is read: there is none, or files with its ending are not read."""
        if name in self.others:
            path = self.others[name][0]
            return f"{path} is there, and {path.suffix or 'a file without an ending'} is not read here"
        alike = [known for known in self.files if known.casefold() == name.casefold()]
        if alike:
            return f"{self.files[alike[0]]} is there; capital and small letters differ"
        longer = [path for known, path in self.files.items() if known.startswith(name)]
        longer += [path for known, paths in self.others.items() if known.startswith(name) for path in paths]
        if longer:
            return f"{longer[0]} is there, but the names must be equal except for the ending"
        return f"there is no file {name} in {self.folder}"

    def cure(self, name: str) -> str:
        """What to do about a file with another ending; "" if there is none."""
        if name not in self.others:
            return ""
        ending = self.others[name][0].suffix.lower()
        return advice_on(ending) or f"Convert it. mdf reads {', '.join(self.endings)}."


def data_folder(written: str, usage: str) -> Path:
    """The folder that a user wrote after the colon. `usage` is the correct form, such as `folder:PATH`.

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
    """The entries of a folder, sorted by name, without hidden files.

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
    """Every image in a folder and the folders below it, as `listed` names them. Raises as `listed`."""
    return listed(folder).files


def listed(folder: Path, endings: tuple[str, ...] = ENDINGS) -> Listing:
    """Every file in a folder and the folders below it. Links to folders are followed, except to a folder that
    contains the link.

    Raises
        DataError: the folder cannot be listed, a name is not UTF-8, or two files that are read differ only in their
            ending.
    """
    found: dict[str, Path] = {}
    others: dict[str, list[Path]] = {}
    for stem, path in walk(folder):
        if not path.name.lower().endswith(endings):
            others.setdefault(stem, []).append(path)
        elif stem in found:
            raise DataError(
                f"{found[stem]} and {path} have one name.",
                "Files belong together by their names without the ending: rename one of the two, or move it elsewhere.",
            )
        else:
            found[stem] = path
    for stem in found:
        others.pop(stem, None)
    return Listing(folder, endings, {stem: found[stem] for stem in natural(found)}, others)


def walk(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every file below a folder: its path without the ending as composed Unicode (NFC), and the file.

    Raises
        DataError: a folder cannot be listed, or a name is not UTF-8.
    """
    for name, path in _walk(folder, "", ()):
        if not _is_text(name):  # it becomes a sample's id, which is written into text files
            raise DataError(f"In {folder} the name {name!r} is not UTF-8.", "Rename it.")
        yield normalize("NFC", name), path


def _is_text(name: str) -> bool:
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False


def inside(folder: Path, name: str, source: str) -> Path:
    """The file `name` below `folder`. `source` says where the data contain this name.

    If there is no such file, a file is used whose name differs only in its Unicode form or in its case.

    Raises
        DataError: the name leads out of the folder, or there is no such file.
    """
    pure = PurePosixPath(name.replace("\\", "/"))
    if not name or "\0" in name or pure.is_absolute() or PureWindowsPath(name).drive or ".." in pure.parts:
        raise DataError(f"{source} names {name!r}.", f"Write a path below {folder}, without `..`.")
    path = folder / pure
    if not os.path.isfile(path):
        path = _spelled(folder, pure.parts) or path
    if not os.path.isfile(path):
        raise DataError(f"{source} names {name!r}, and {path} is missing.", "Restore the file or correct its name.")
    return path


def _spelled(folder: Path, parts: tuple[str, ...]) -> Path | None:
    """The only file whose path is `parts`, ignoring Unicode form and case; None if there is none, or several."""
    for part in parts:
        if os.path.exists(folder / part):
            folder = folder / part
            continue
        try:
            names = _by_fold(folder, folder.stat().st_mtime_ns).get(_fold(part), ())
        except (OSError, ValueError):
            return None
        if len(names) != 1:
            return None
        folder = folder / names[0]
    return folder


def _fold(name: str) -> str:
    return normalize("NFC", name).casefold()


@lru_cache(16)
def _by_fold(folder: Path, changed: int) -> dict[str, list[str]]:  # noqa: ARG001
    found: dict[str, list[str]] = {}
    for name in os.listdir(folder):
        found.setdefault(_fold(name), []).append(name)
    return found


def _walk(folder: Path, above: str, ancestors: tuple[tuple[int, int], ...]) -> Iterator[tuple[str, Path]]:
    """The path of each file without the ending and with `above` before it, and its path."""
    within = _identity(folder)
    if within in ancestors:
        return  # a link to a folder that contains it: its files are already listed
    for entry in entries(folder):
        if entry.is_dir():
            yield from _walk(folder / entry.name, f"{above}{entry.name}/", (*ancestors, within))
        elif entry.is_file():
            yield above + (entry.name.rpartition(".")[0] or entry.name), folder / entry.name


def _identity(folder: Path) -> tuple[int, int]:
    try:
        status = folder.stat()
    except OSError as error:
        raise DataError(
            f"{folder} cannot be listed ({error.strerror or error}).", "Check that the folder is there and readable."
        ) from error
    return status.st_dev, status.st_ino
