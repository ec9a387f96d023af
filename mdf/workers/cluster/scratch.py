"""An agent's folder on its node: trials' files before they are sent, and what was carried there. Torch-free."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from mdf.core.files import make_folder

PREFIX = "mdf-agent-"
LOCK = "in-use.lock"


class Scratch:
    """A temporary folder, locked while its agent lives. What agents that were killed have left is removed first."""

    def __init__(self, place: Path | None = None) -> None:
        place = place or Path(tempfile.gettempdir())
        _sweep(place)
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
        self._lock = FileLock(self.folder / LOCK)
        self._lock.acquire()
        self._count = 0

    def new_folder(self, name: str) -> Path:
        """An empty folder called `name`."""
        self._count += 1
        folder = self.folder / str(self._count) / name
        make_folder(folder)
        return folder

    def carry(self, files: Mapping[str, bytes]) -> dict[Path, Path]:
        """Write files that came from the driver, and their folders' places here: by the driver's path, the path here.

        Files of one folder there are in one folder here.
        """
        places: dict[Path, Path] = {}
        for name, content in files.items():
            origin = Path(name)
            folder = self.folder / "carried" / hashlib.blake2b(str(origin.parent).encode(), digest_size=8).hexdigest()
            make_folder(folder)
            path = folder / origin.name
            if not path.is_file() or path.read_bytes() != content:
                path.write_bytes(content)
            places |= {origin: path, origin.parent: folder}
        return places

    def remove(self, folder: Path) -> None:
        """Remove a folder that is no longer needed."""
        shutil.rmtree(folder.parent, ignore_errors=True)

    def close(self) -> None:
        """Remove everything."""
        self._lock.release()
        shutil.rmtree(self.folder, ignore_errors=True)


def _sweep(place: Path) -> None:
    """Remove the folders of agents that have ended without doing so."""
    for folder in place.glob(f"{PREFIX}*"):
        lock = FileLock(folder / LOCK)
        with suppress(OSError, Timeout):
            if not (folder / LOCK).exists():
                continue  # it is being made at this moment
            with lock.acquire(blocking=False):
                shutil.rmtree(folder, ignore_errors=True)
