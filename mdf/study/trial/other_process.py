"""Another process of a training, which the first one starts and ends. Named by a string: it decides no result."""

from __future__ import annotations

from pathlib import Path

from mdf.core.errors import MdfError
from mdf.study.trial.team import Meeting
from mdf.workers.exit import WorkerError
from mdf.workers.job import Job
from mdf.workers.process import Worker

JOIN: Job[Meeting, None] = Job("mdf.study.trial.team:join")


class OtherProcess:
    """A worker that takes part in the training of `meeting`; it ends with the process that made it."""

    def __init__(self, meeting: Meeting, log: Path) -> None:
        self.meeting = meeting
        log.unlink(missing_ok=True)  # of a start before: Ctrl-C leaves a lost connection there
        self.worker = Worker(JOIN, meeting, log=log)
        self.log = log

    def failure(self) -> MdfError | None:
        """Why it ended; None if it runs."""
        if not self.worker.listen(lambda _: None):
            return None
        try:
            self.worker.result(JOIN)
        except MdfError as error:
            return error
        except WorkerError as error:
            return MdfError(f"process {self.meeting.rank} of the training ended: {error.reason}", error.log[-500:])
        return None

    def close(self) -> None:
        """End it. Its log is kept if there is something in it."""
        self.worker.close()
        if self.log.is_file() and not self.log.stat().st_size:
            self.log.unlink()
