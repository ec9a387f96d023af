"""The jobs beside the trials on a cluster: survey, forecasts, measured costs, on a node of the kind that trains."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdf.core.errors import MdfError
from mdf.core.progress import OnProgress
from mdf.workers.cluster.nodes import Share
from mdf.workers.cluster.remote import LOST
from mdf.workers.exit import WorkerError
from mdf.workers.job import Arguments, Job, Result
from mdf.workers.shared import LoggedHelper
from mdf.workers.time_limit import format_duration

if TYPE_CHECKING:
    from mdf.workers.cluster.executor import ClusterExecutor, Seat

TRIES = 3


class RemoteHelper(LoggedHelper):
    """Does jobs one after the other in one process of one node.

    If the node is lost, the job is done again on another.
    """

    def __init__(self, executor: ClusterExecutor, log: Path, alone: bool) -> None:
        """What the jobs print comes to the file `log`. With `alone` it takes a whole node, and one of its GPUs."""
        self.executor, self.log, self.alone = executor, log, alone
        self._seat: Seat | None = None

    def run(
        self,
        job: Job[*Arguments, Result],
        *arguments: *Arguments,
        on_progress: OnProgress,
        time_limit: float | None = None,
    ) -> Result:
        """What `job` returns. Raises the job's own MdfError, or WorkerError."""
        for left in reversed(range(TRIES)):
            try:
                return self._run(job, arguments, on_progress, time_limit)
            except MdfError:
                self._all_went_well = False
                raise
            except WorkerError as error:
                self._all_went_well = False
                if error.status != LOST or not left:
                    raise
        raise AssertionError("the last try returns or raises")

    def _run(
        self,
        job: Job[*tuple[Any, ...], Result],
        arguments: tuple[Any, ...],
        on_progress: OnProgress,
        limit: float | None,
    ) -> Result:
        seat = self._seat = self._seat or self._new_seat()
        remote = self.executor.begin(seat, job, arguments, self.log.parent, self.log)
        try:
            while not remote.listen(on_progress):
                left = math.inf
                if limit is not None and remote.began is not None:
                    left = remote.began + limit - time.monotonic()
                if left <= 0:
                    assert limit is not None
                    raise WorkerError("timeout", f"it took longer than its time limit, {format_duration(limit)}")
                self.executor.wait([remote], left)
            return remote.result(job)
        finally:
            remote.close()
            self._seat = seat if seat.is_free else None

    def _new_seat(self) -> Seat:
        """An agent on the largest node, which takes nothing of it or all of it."""
        while not (nodes := self.executor.nodes()):  # which raises if there is none for long
            time.sleep(1.0)
        node = max(nodes, key=lambda node: (node.whole.gpus, node.whole.cpus, node.id))
        if not self.alone:
            return self.executor.scout(node)
        return self.executor.seat(node, Share(node.whole.cpus, min(1.0, node.whole.gpus)))

    def close(self) -> None:
        """End the agent."""
        if self._seat is not None:
            self.executor.leave(self._seat)
            self._seat = None
