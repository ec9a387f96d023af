"""A job on a node, as the driver sees it. Torch-free."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from mdf.core.errors import StorageError
from mdf.core.files import CURE, PART, make_folder, whole
from mdf.core.progress import OnProgress
from mdf.core.shared.pointer import point_to, pointer_of
from mdf.runs.result import CHECKPOINT
from mdf.workers.child import Done, Failed
from mdf.workers.cluster.messages import Ended, FilePiece, FileShared, Message, Pace, Printed
from mdf.workers.job import Job, Result

Release = Literal["free", "running", "lost"]
"""What becomes of an agent whose job is closed: it does another, is ended amid the job, or is gone."""
LOST = "interrupted"
"""The status of a job whose node was lost."""


class RemoteJob:
    """A job that an agent does. Its files come to `folder`, and what it prints to `log`.

    Attributes:
        place: the node's name.
        reference: what `ray.wait` waits for; None once it has ended.
    """

    def __init__(
        self,
        ray: Any,
        agent: Any,
        started: Any,
        place: str,
        folder: Path,
        log: Path,
        pace: Callable[[], Pace],
        release: Callable[[Release], None],
    ) -> None:
        """`started` is the answer to the agent's `start`; `release` is called once, when the job is closed."""
        self.ray, self.agent, self.place, self.folder, self.log = ray, agent, place, folder, log
        self.has_ended, self.is_closed = False, False
        self.began: float | None = None
        self.reference = started
        self._pace, self._release = pace, release
        self._end: Done | Failed | None = None
        self._part: Path | None = None
        self._is_gone = False

    def listen(self, on_progress: OnProgress) -> bool:
        """Pass on what the agent has told, without waiting; whether the job has ended."""
        while not self.has_ended:
            ready, _ = self.ray.wait([self.reference], timeout=0)
            if not ready:
                break
            try:
                messages = self.ray.get(self.reference)
            except (self.ray.exceptions.RayError, ConnectionError) as error:
                self._end, self.has_ended, self._is_gone = self._ended_by(error), True, True
                break
            self.began = self.began or time.monotonic()
            for message in messages or ():
                self._take(message, on_progress)
            if not self.has_ended:
                self.reference = self.agent.listen.remote(self._pace())
        return self.has_ended

    def result(self, job: Job[*tuple[Any, ...], Result]) -> Result:  # noqa: ARG002 - it says of which type
        """What the job returned. Raises its own MdfError, or WorkerError."""
        assert self._end is not None
        result: Result = self._end.outcome()
        return result

    def close(self) -> None:
        """End the job, if it runs: its agent is killed, and with it the process that does the job."""
        if self.is_closed:
            return
        self.is_closed = True
        if self._part is not None:
            with suppress(OSError):
                self._part.unlink(missing_ok=True)
        self._release("lost" if self._is_gone else "free" if self._end is not None else "running")

    def _take(self, message: Message, on_progress: OnProgress) -> None:
        if isinstance(message, Ended):
            self._end, self.has_ended = message.end, True
        elif isinstance(message, FilePiece):
            self._write(message)
        elif isinstance(message, FileShared):
            point_to(message.file, _inside(self.folder, message.name))
        elif isinstance(message, Printed):
            make_folder(self.log.parent)
            with self.log.open("ab") as file:
                file.write(message.data)
        else:
            on_progress(message)

    def _write(self, piece: FilePiece) -> None:
        """Add to a file, which is not there until it is whole. Raises StorageError if the disk takes no more."""
        path = _inside(self.folder, piece.name)
        make_folder(path.parent)
        if self._part is None:
            self._part = path.with_name(f".{path.name}.arriving{PART}")
            self._part.unlink(missing_ok=True)
        try:
            with self._part.open("ab") as file:
                file.write(piece.data)
        except OSError as error:
            raise StorageError(f"cannot write {path}: {error.strerror or error}", CURE) from error
        if piece.last and piece.name == CHECKPOINT:
            self._part.replace(path)  # unsynced: it is checked when it is read, and a lost one costs time alone
            pointer_of(path).unlink(missing_ok=True)
            self._part = None
        elif piece.last:
            with whole(path) as beside:
                self._part.replace(beside)
            self._part = None

    def _ended_by(self, error: Exception) -> Failed:
        """Why the agent does not answer."""
        kind = type(error).__name__
        if kind == "OutOfMemoryError":
            return Failed(None, "oom", f"the node {self.place} ran out of memory, and Ray ended the trial", "")
        return Failed(None, LOST, self._lost(kind, error), "")

    def _lost(self, kind: str, error: Exception) -> str:
        if kind in ("ActorUnschedulableError", "RuntimeEnvSetupError", "RayTaskError"):
            return f"it could not be started on the node {self.place}: {' '.join(str(error).split())[:300]}"
        return f"the node {self.place} was lost, or the agent on it ended ({kind})"


def _inside(folder: Path, name: str) -> Path:
    """A file of `folder`. A name that leads out of it is no name of ours."""
    path = folder / name
    if ".." in path.parts or Path(name).is_absolute():
        raise ValueError(f"a node sent a file called {name!r}")
    return path
