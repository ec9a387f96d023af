"""The files of a job on their way to the driver, piece by piece. Torch-free."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Sequence
from pathlib import Path

from mdf.core.errors import MdfError
from mdf.core.files import PART
from mdf.core.progress import Warned
from mdf.runs.result import CHECKPOINT, RESULT
from mdf.workers.cluster.messages import LARGE, PIECE, FilePiece, FileShared, Printed
from mdf.workers.cluster.parcels import Parcels


class Outbox:
    """Reads the files of `folder`, and the new lines of `log`, as messages. Large files go to the `parcels`, if any."""

    def __init__(self, folder: Path, log: Path, parcels: Parcels | None = None) -> None:
        self.folder, self.log, self.parcels = folder, log, parcels
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

    def checkpoint(self) -> Iterator[FilePiece | FileShared | Warned]:
        """The checkpoint, if it has changed since it was sent."""
        path = self.folder / CHECKPOINT
        if path.is_file() and self._sent.get(CHECKPOINT) != path.stat().st_mtime_ns:
            shared = yield from self._shared([CHECKPOINT])
            if not shared:
                yield from self._pieces(CHECKPOINT)

    def results(self) -> Iterator[FilePiece | FileShared | Warned]:
        """Every finished file, also in folders inside, but the checkpoint and what the driver writes itself."""
        paths = [path for path in sorted(self.folder.rglob("*")) if path.is_file() and path != self.log]
        names = [path.relative_to(self.folder).as_posix() for path in paths if not path.name.endswith(PART)]
        names = [name for name in names if name not in (CHECKPOINT, RESULT)]
        shared = yield from self._shared(names)
        for name in names:
            if name not in shared:
                yield from self._pieces(name)

    def _shared(self, names: Sequence[str]) -> Generator[FileShared | Warned, None, Collection[str]]:
        """Put the large ones of these files into the shared place; returns which are there."""
        large = [name for name in names if (self.folder / name).stat().st_size >= LARGE]
        if self.parcels is None or not large:
            return ()
        times = {name: (self.folder / name).stat().st_mtime_ns for name in large}
        try:
            put = self.parcels.put({name: self.folder / name for name in large})
        except MdfError as error:
            yield Warned(f"{error.message}; its files travel through the machine that runs the command")
            self.parcels = None
            return ()
        for name, file in put.items():
            self._sent[name] = times[name]
            yield FileShared(name, file)
        return large

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
