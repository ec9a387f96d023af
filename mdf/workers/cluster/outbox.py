"""The files of a job on their way to the driver, piece by piece. Torch-free."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from mdf.core.files import PART
from mdf.workers.cluster.messages import PIECE, FilePiece, Printed


class Outbox:
    """Reads the files of `folder`, and the new lines of `log`, as messages."""

    def __init__(self, folder: Path, log: Path) -> None:
        self.folder, self.log = folder, log
        self._printed = 0
        self._sent: dict[str, int] = {}

    def printed(self) -> Iterator[Printed]:
        """What was added to the log since the last time."""
        try:
            with self.log.open("rb") as file:
                file.seek(self._printed)
                while data := file.read(PIECE):
                    self._printed += len(data)
                    yield Printed(data)
        except FileNotFoundError:
            return

    def changed(self, names: Collection[str]) -> Iterator[FilePiece]:
        """The files of these names that have changed since they were sent."""
        for name in names:
            path = self.folder / name
            if path.is_file() and self._sent.get(name) != path.stat().st_mtime_ns:
                yield from self._pieces(name)

    def all_but(self, names: Collection[str]) -> Iterator[FilePiece]:
        """Every finished file, also in folders inside, but those of these names."""
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if path.is_file() and path != self.log and name not in names and not path.name.endswith(PART):
                yield from self._pieces(name)

    def _pieces(self, name: str) -> Iterator[FilePiece]:
        """One file. It stays open meanwhile: a new one may take its place."""
        path = self.folder / name
        with path.open("rb") as file:
            self._sent[name] = path.stat().st_mtime_ns
            data = file.read(PIECE)
            while True:
                following = file.read(PIECE)
                yield FilePiece(name, data, last=not following)
                if not following:
                    return
                data = following
