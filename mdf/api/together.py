"""One training in several processes that `torchrun` has started. The first one trains as ever; the others join it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mdf.api.quiet import Quiet
from mdf.core.torchrun import by_torchrun
from mdf.runs.observer import Observer
from mdf.workers.job import Job
from mdf.workers.process import run_once

JOIN: Job[None] = Job("mdf.study.trial.team:join_by_torchrun")
DISMISS: Job[None] = Job("mdf.study.trial.team:dismiss")


def is_other_process() -> bool:
    """Whether `torchrun` has started this process to join the training of another, its first."""
    started = by_torchrun()
    return started is not None and started.rank > 0


def join_training(observer: Observer | None = None) -> None:
    """Take part in the training of the first process, until that ends.

    Raises MdfError if it fails here.
    """
    run_once("joining the training", JOIN, observer=observer or Quiet())


def processes() -> int | None:
    """How many processes `torchrun` has started; None if it did not start this one."""
    started = by_torchrun()
    return None if started is None else started.count


@contextmanager
def others_wait() -> Iterator[None]:
    """The other processes of `torchrun`, if there are any, wait in this block for a training, and end after it."""
    try:
        yield
    finally:
        if by_torchrun() is not None:
            run_once("ending the other processes", DISMISS, observer=Quiet())
