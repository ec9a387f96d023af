"""A file that is in a shared place, and the small file that stands for it until it is needed here. Torch-free."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from mdf.core.errors import MdfError
from mdf.core.files import read_json, write_json
from mdf.core.shared.place import CURE, SharedFile, fetch

POINTER = ".shared"
"""How the small file ends: `weights.safetensors.shared`."""


def point_to(file: SharedFile, path: Path) -> None:
    """Let `file` stand for the file at `path`, which is not here."""
    write_json(pointer_of(path), asdict(file))
    path.unlink(missing_ok=True)


def pointer_of(path: Path) -> Path:
    """The file that stands for `path`, if that is in a shared place."""
    return path.with_name(path.name + POINTER)


def pointed_at(path: Path) -> SharedFile | None:
    """The shared file that stands for `path`; None if that is here, or nowhere. Raises MdfError if it is damaged."""
    pointer = pointer_of(path)
    if path.is_file() or not pointer.is_file():
        return None
    try:
        return SharedFile(**read_json(pointer))
    except TypeError as error:
        raise MdfError(f"{pointer} is damaged", "run the trial again") from error


def is_somewhere(path: Path) -> bool:
    """Whether the file is at `path`, or in a shared place."""
    return path.is_file() or pointer_of(path).is_file()


def fetched(path: Path) -> Path:
    """`path`, whose file is fetched first if it is in a shared place.

    Raises MdfError if it cannot be fetched. If there is no such file anywhere, nothing happens.
    """
    file = pointed_at(path)
    if file is not None:
        try:
            fetch(file, path)
        except Exception as error:
            reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            raise MdfError(f"{path.name} lies at {file.address}, and cannot be read: {reason}", CURE) from error
        pointer_of(path).unlink(missing_ok=True)
    return path
