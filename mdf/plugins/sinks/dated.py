"""A folder of files by camera and day, from which the oldest are removed."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from os import stat_result
from pathlib import Path

from pydantic import Field

from mdf.core.component import ComponentConfig
from mdf.core.event import Event
from mdf.core.files import check_space, make_folder

OURS = re.compile(r"\d{6}Z_.+\.(mp4|mkv|jpg)")
"""Names of files that may be removed: those that were written here."""
EVERY = 60.0
"""Seconds between two looks at what is too old or too much."""


class DatedConfig(ComponentConfig):
    """What is written about, and how long it is kept."""

    kinds: tuple[str, ...] = Field(
        ("appeared", "in zone", "crowd", "camera moved", "camera covered"), description="Kinds of events."
    )
    days: float | None = Field(30.0, gt=0, description="Files older than so many days are removed; none = kept.")
    gigabytes: float | None = Field(
        10.0, gt=0, description="The oldest files are removed where all need more; none = no limit."
    )
    spare: float = Field(100.0, ge=0, description="Megabytes that stay free: nothing is written while there are fewer.")


class DatedFolder:
    """`FOLDER/CAMERA/2026-05-04/102030Z_EVENT.jpg`: files named by the moment (UTC) and the id of their event.

    Only files of such names are ever removed, the oldest first.

    Attributes:
        folder: the folder.
    """

    def __init__(self, target: str, config: DatedConfig) -> None:
        self.folder, self._config = Path(target).expanduser(), config
        self._looked = float("-inf")
        make_folder(self.folder)

    def path(self, event: Event, wall: float, ending: str, part: int = 1) -> Path:
        """Where a file about an event belongs; its folder is made. Raises StorageError."""
        moment = datetime.fromtimestamp(wall, UTC)
        folder = self.folder / _safe(event.camera) / f"{moment:%Y-%m-%d}"
        make_folder(folder)
        number = "" if part == 1 else f"_{part}"
        return folder / f"{moment:%H%M%S}Z_{_safe(event.id)}{number}{ending}"

    def check_space(self, again: bool = False) -> None:
        """Raise StorageError where less is free than asked for; `again`: than twice as much, so that it lasts."""
        check_space(self.folder, self._config.spare * (2 if again else 1))

    def tidy(self, open_files: Collection[Path] = (), now: bool = False) -> None:
        """Remove what is too old or too much, once a minute or `now`; files that are being written stay."""
        if not now and time.monotonic() - self._looked < EVERY:
            return
        self._looked = time.monotonic()
        found = sorted((about.st_mtime, about.st_size, path) for path, about in self._files())
        too_much = sum(size for _, size, _ in found) - (self._config.gigabytes or float("inf")) * 1e9
        oldest = time.time() - (self._config.days or float("inf")) * 86400
        for written, size, path in found:
            if (written < oldest or too_much > 0) and path not in open_files:
                with suppress(OSError):  # somebody else removed it, or holds it: it is tried again
                    path.unlink()
                    too_much -= size
        for day in self.folder.glob("*/*-*-*"):
            with suppress(OSError):  # there are files in it
                day.rmdir()

    def _files(self) -> Iterator[tuple[Path, stat_result]]:
        for path in self.folder.glob("*/*-*-*/*"):
            if OURS.fullmatch(path.name):
                with suppress(OSError):
                    yield path, path.stat()


def _safe(name: str) -> str:
    """A name that is one part of a path, and nothing else."""
    return re.sub(r"[^\w.-]|^\.+", "_", name)
