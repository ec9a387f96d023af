"""The large files of one trial in a shared place. Torch-free."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from mdf.core.shared.place import SharedFile, SharedPlace
from mdf.runs.result import CHECKPOINT

KEPT = 2
"""The driver may know only of the checkpoint before the last one: it learns of the last one with the next answer."""


class Parcels:
    """Puts the files of the trial `name` into `place`. Of its checkpoints the last two stay."""

    def __init__(self, place: SharedPlace, name: str, begun_from: SharedFile | None = None) -> None:
        """`begun_from` is a checkpoint that another node has put, which later ones replace."""
        self.place = place
        self.key = f"trials/{name}-{uuid4().hex[:8]}"
        self._count = 0
        before = place.key_of(begun_from) if begun_from else None
        self._checkpoints = [before] if before else []

    def put(self, files: Mapping[str, Path]) -> Mapping[str, SharedFile]:
        """Put a group of files, as they are at this moment. Raises MdfError if the place cannot be reached."""
        self._count += 1
        key = f"{self.key}/{self._count}"
        with TemporaryDirectory(dir=next(iter(files.values())).parent, prefix=".parcel-") as folder:
            held = {name: _held(path, Path(folder) / str(number)) for number, (name, path) in enumerate(files.items())}
            put = self.place.put(key, held)
        if CHECKPOINT in files:
            self._checkpoints.append(key)
            self._keep(KEPT)
        return put

    def forget_checkpoints(self) -> None:
        """Remove the checkpoints: none is needed any more."""
        self._keep(0)

    def _keep(self, count: int) -> None:
        while len(self._checkpoints) > count:
            self.place.remove(self._checkpoints.pop(0))


def _held(path: Path, name: Path) -> Path:
    """Another name of the file as it is now: a new one may take its place."""
    try:
        os.link(path, name)
    except OSError:
        shutil.copyfile(path, name)
    return name
