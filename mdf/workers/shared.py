"""One worker process for several jobs, one after the other: starting a process takes a second. Torch-free."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from mdf.core.errors import MdfError
from mdf.core.progress import OnProgress
from mdf.workers import process
from mdf.workers.job import Arguments, Job, Result
from mdf.workers.process import Worker


class LoggedHelper:
    """A context that leaves no process running. Its log is removed at the end if all jobs went well."""

    log: Path
    _all_went_well = True

    def close(self) -> None:
        """End what runs."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if self._all_went_well:
            self.log.unlink(missing_ok=True)


class SharedWorker(LoggedHelper):
    """Does jobs in one process, which starts with the first.

    If a job crashes, hangs or fails with anything but an MdfError, each job after it gets a process of its own:
    whatever made it fail cannot reach the others.
    """

    def __init__(self, log: Path) -> None:
        """What the jobs print goes to the file `log`."""
        self.log = log
        self._worker: Worker | None = None
        self._is_sound = True

    def run(
        self,
        job: Job[*Arguments, Result],
        *arguments: *Arguments,
        on_progress: OnProgress,
        time_limit: float | None = None,
    ) -> Result:
        """What `job` returns. Raises as `process.run` does."""
        try:
            if not self._is_sound:
                return process.run(job, *arguments, on_progress=on_progress, log=self.log, time_limit=time_limit)
            if self._worker is None:
                self._worker = Worker(job, *arguments, log=self.log, stays=True)
            else:
                self._worker.ask(job, *arguments)
            return self._worker.wait(job, on_progress, time_limit)
        except MdfError:
            self._all_went_well = False
            raise
        except BaseException:
            self._all_went_well = self._is_sound = False
            self.close()
            raise

    def close(self) -> None:
        """End the process, if it runs."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None
