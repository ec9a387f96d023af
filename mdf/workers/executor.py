"""What an executor is: the place where jobs are done, on this machine or on a cluster. Torch-free.

A job is named by a string and gets one typed request. Its events, its result and its files come back; the caller
commits them. Where it is done changes nothing in a result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

from mdf.core.errors import MdfError
from mdf.core.progress import OnProgress
from mdf.core.shared.place import SharedPlace
from mdf.workers.job import Arguments, Job, Result


class Travelling(Protocol):
    """A request whose files may have to be sent to another machine."""

    def carried(self) -> Sequence[Path]:
        """The files that a machine without this disk needs: plugins, stored networks."""

    def relocated(self, places: Mapping[Path, Path]) -> Self:
        """The same request on a machine where each of these paths lies elsewhere."""


class Placed(Travelling, Protocol):
    """A request whose job runs on a device, or on several."""

    def on(self, devices: Sequence[str]) -> Self:
        """The same request on these devices, such as `cuda:1`: one for each of its processes."""


Request = TypeVar("Request", bound=Travelling)
PlacedRequest = TypeVar("PlacedRequest", bound=Placed)


@dataclass(frozen=True, slots=True)
class Needs:
    """What a trial takes while it runs.

    Attributes:
        devices: where it may run on the machine that was surveyed: `cpu`, or GPUs.
        processes: which train together, each on a device of its own.
        threads: CPU threads of each of them.
        memory: bytes of main memory of each by the forecast; None if there is no forecast, or on a GPU.
    """

    devices: tuple[str, ...]
    processes: int = 1
    threads: int = 1
    memory: float | None = None

    @property
    def kind(self) -> str:
        """`cpu`, `cuda` or `mps`."""
        return self.devices[0].partition(":")[0]


class RunningJob(Protocol):
    """A job that has been started.

    Attributes:
        place: the device or machine that does it.
        has_ended: whether it had ended when it was listened to the last time.
        began: the time of `time.monotonic()` at which its work began; None while it waits for a machine.
    """

    place: str
    has_ended: bool
    began: float | None

    def listen(self, on_progress: OnProgress) -> bool:
        """Pass on what the job has told, without waiting; whether it has ended."""

    def result(self, job: Job[*tuple[Any, ...], Result]) -> Result:
        """What the job returned, once it has ended. Raises its own MdfError, or WorkerError."""

    def close(self) -> None:
        """End it now, if it runs, and free its place."""


class Helper(Protocol):
    """Does jobs one after the other that leave no files: the survey, forecasts, measured costs."""

    log: Path

    def run(
        self,
        job: Job[*Arguments, Result],
        *arguments: *Arguments,
        on_progress: OnProgress,
        time_limit: float | None = None,
    ) -> Result:
        """What `job` returns. Raises the job's own MdfError, or WorkerError."""


class Executor(Protocol):
    """Where trials and the jobs beside them are done.

    Attributes:
        is_remote: whether jobs are done on other machines. Then nothing is decided from this machine's own memory.
        tries: how often a trial whose machine is lost is begun, at most.
        shared: the place to which machines write large files themselves, if there is one.
    """

    is_remote: bool
    tries: int
    shared: SharedPlace | None

    def helper(self, log: Path, alone: bool = False) -> AbstractContextManager[Helper]:
        """A helper whose jobs print to `log`; with `alone`, nothing else of this study runs on its machine."""

    def ask_each(self, job: Job[Request, Result], request: Request) -> Mapping[str, Result | MdfError]:
        """The answer of every machine, by its name, or why it has none. Empty if there is only this machine."""

    def use_only(self, machines: Sequence[str]) -> None:
        """Do all later jobs on these machines."""

    def welcome(
        self, job: Job[Request, Result], request: Request, judge: Callable[[str, Result | MdfError], bool]
    ) -> None:
        """Ask machines that join later what `ask_each` has asked. One is used if `judge(name, answer)` is true."""

    def has_room(self, needs: Needs) -> bool:
        """Whether one more trial can start now."""

    def start(
        self, job: Job[PlacedRequest, Result], request: PlacedRequest, needs: Needs, folder: Path, log: Path
    ) -> RunningJob:
        """Start a trial whose files come to `folder` and whose output comes to the file `log`."""

    def wait(self, jobs: Sequence[RunningJob], longest: float) -> None:
        """Wait until one of `jobs` has something to tell, `longest` seconds at most (`math.inf`: no limit)."""
