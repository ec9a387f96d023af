"""One job in a process of its own, with nothing to keep."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mdf.core.errors import MdfError
from mdf.runs.observer import Observer
from mdf.workers import process


def in_worker(job: Callable[..., dict[str, Any]], *arguments: object, observer: Observer) -> dict[str, Any]:
    """Run a job with nothing to keep; raises its own MdfError, or one that shows the end of its log."""
    observer.began(job.__name__, 0, 0)
    with TemporaryDirectory() as folder:
        try:
            found: dict[str, Any] = process.run(job, *arguments, report=observer.event, log=Path(folder) / "log")
        except process.WorkerError as error:
            raise MdfError(f"{job.__name__} failed: {error.reason}", error.log[-500:]) from error
    return found
