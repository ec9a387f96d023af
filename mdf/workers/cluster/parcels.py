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


class Parcels:
    """Puts the files of the trial `name` into `place`. Of its checkpoints the last one stays."""

    def __init__(self, place: SharedPlace, name: str) -> None:
        self.place = place
        self.key = f"trials/{name}-{uuid4().hex[:8]}"
        self._count = 0
        self._checkpoint = ""

    def put(self, files: Mapping[str, Path]) -> Mapping[str, SharedFile]:
        """Put a group of files, as they are at this moment. Raises MdfError if the place cannot be reached."""
        self._count += 1
        key = f"{self.key}/{self._count}"
        with TemporaryDirectory(dir=next(iter(files.values())).parent, prefix=".parcel-") as folder:
            held = {name: _held(path, Path(folder) / str(number)) for number, (name, path) in enumerate(files.items())}
            put = self.place.put(key, held)
        if CHECKPOINT in files:
            self.forget_checkpoint()
            self._checkpoint = key
        return put

    def forget_checkpoint(self) -> None:
        """Remove the checkpoint that was put last: a newer one is there, or none is needed any more."""
        if self._checkpoint:
            self.place.remove(self._checkpoint)
            self._checkpoint = ""


def _held(path: Path, name: Path) -> Path:
    """Another name of the file as it is now: a new one may take its place."""
    try:
        os.link(path, name)
    except OSError:
        shutil.copyfile(path, name)
    return name
