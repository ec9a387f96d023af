"""What an agent on a node tells the driver: small frozen objects. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass

from mdf.core.progress import Epoch, Stage, Step, Warned
from mdf.core.shared.place import SharedFile
from mdf.workers.child import Done, Failed

PIECE = 8 * 2**20
"""Bytes of a file that travel in one message."""
LARGE = 2**20
"""Bytes from which on a file goes to the shared place, if there is one."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How much the driver can take.

    Attributes:
        linger: seconds that an agent gathers what it has to tell.
        trials: how many are running, each of which sends checkpoints.
    """

    linger: float
    trials: int


@dataclass(frozen=True, slots=True)
class FilePiece:
    """A piece of a file of the trial: `name` in its folder. The file is whole with its `last` piece."""

    name: str
    data: bytes
    last: bool


@dataclass(frozen=True, slots=True)
class FileShared:
    """A whole file of the trial, `name` in its folder, lies in the shared place."""

    name: str
    file: SharedFile


@dataclass(frozen=True, slots=True)
class Printed:
    """What the job has printed since the last time."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """The job has ended, and all its files have been sent."""

    end: Done | Failed


Message = Stage | Step | Epoch | Warned | FilePiece | FileShared | Printed | Ended
