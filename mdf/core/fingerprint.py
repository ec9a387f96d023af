"""What a data set's samples depend on, as one hash."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b, file_digest
from pathlib import Path

from mdf.core.errors import DataError


def fingerprint(meaning: str, options: str, files: Iterable[tuple[str, Path]]) -> str:
    """Hash of `meaning` (to be raised when the same files come to give other samples), the options, and every
    file's name, size and content. Reads all files once.

    Raises
        DataError: a file cannot be read.
    """
    total = blake2b(f"{meaning}\n{options}".encode(), digest_size=16)
    for name, path in files:
        size, content = _content(path)
        total.update(f"\n{name}\0{size} ".encode(errors="surrogateescape"))
        total.update(content)
    return total.hexdigest()


def _content(path: Path) -> tuple[int, bytes]:
    try:
        with path.open("rb") as file:
            content = file_digest(file, blake2b).digest()
            return file.tell(), content
    except OSError as error:
        raise DataError(
            f"{path} cannot be read ({error.strerror or error}).", "Restore the file, or check its permissions."
        ) from error
