"""Files that are whole or not there: written beside, synced, renamed. Torch-free."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mdf.core.errors import MdfError, StorageError

CURE = "free some space or choose another folder"
PART = ".part"


def make_folder(folder: Path) -> None:
    """The folder, made where it is not there. Raises StorageError where it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"cannot make the folder {folder}: {error.strerror or error}", CURE) from error


def check_writable(folder: Path) -> None:
    """Raise StorageError if no file can be written into `folder`."""
    from tempfile import TemporaryFile  # commands that write nothing need not wait for it

    try:
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise StorageError(f"cannot write to {folder}: {error.strerror or error}", CURE) from error


def check_space(folder: Path, megabytes: float) -> None:
    """Raise StorageError if less than so much is free on the disk of `folder`."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise StorageError(f"cannot write to {folder}: {error.strerror or error}", CURE) from error
    if free < megabytes * 1e6:
        raise StorageError(f"cannot write to {folder}: the disk is full", CURE)


@contextmanager
def whole(path: Path, scratch: Path | None = None) -> Iterator[Path]:
    """A temporary path to write to; on success it is synced and takes the place of `path`.

    It lies beside `path`, or in `scratch`, a folder on the same disk that the caller clears up.

    Raises StorageError, and leaves nothing behind, where the folder or the disk does not allow it.
    """
    beside = (scratch or path.parent) / f".{path.name}.{os.getpid()}{PART}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield beside
        _sync(beside)
        beside.replace(path)
        _sync(path.parent)
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}", CURE) from error
    finally:
        with suppress(OSError):  # where it could not be made, its folder may be none
            beside.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove what processes that were killed have left half-written in `folder`, where nobody else writes now."""
    for path in folder.glob(f".*{PART}"):
        path.unlink(missing_ok=True)


def write_text(path: Path, text: str, scratch: Path | None = None) -> None:
    """Write UTF-8 text as a whole, by way of `scratch` as `whole` does."""
    with whole(path, scratch) as beside:
        beside.write_text(text, encoding="utf-8")


def write_json(path: Path, value: object, scratch: Path | None = None) -> None:
    """Write JSON as a whole; NaN and infinity, which JSON has not, become null."""
    text = json.dumps(finite(value), indent=1, ensure_ascii=False, allow_nan=False)
    write_text(path, encodable(text) + "\n", scratch)  # what it escapes, JSON reads as what it was


def read_json(path: Path) -> Any:
    """What a JSON file holds. Raises MdfError naming a file that is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MdfError(f"there is no {path}", "`mdf benchmark` makes it") from None
    except (OSError, ValueError) as error:
        raise MdfError(f"cannot read {path}: {error}", "remove the folder and run the command again") from error


def encodable(text: str) -> str:
    """`text`, with `\\udce9` and the like for what UTF-8 has no bytes for: parts of file names in another encoding."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def finite(value: object) -> object:
    """Plain data as JSON knows them: NaN and infinity are None."""
    if isinstance(value, Mapping):
        return {str(key): finite(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(inner) for inner in value]
    if isinstance(value, float) and not (-float("inf") < value < float("inf")):
        return None
    return value


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows cannot open a folder
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
