"""A prediction from its request to its files: one worker, and nothing unfinished left behind. Torch-free."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mdf.core.errors import MdfError
from mdf.core.events import Event, Warned
from mdf.inference.predict import Request, check
from mdf.runs.observer import Observer
from mdf.workers import process


def predict(request: Request, observer: Observer) -> dict[str, Any]:
    """Run `request` in a worker; returns what it wrote.

    Raises
        MdfError: the request, the run, an image or the video cannot be used; the worker crashed.
        KeyboardInterrupt: Ctrl-C; the files that were finished are whole, of others nothing is left.
    """
    check(request)
    observer.began("predict", 0, 0)
    there = request.out.is_dir()
    try:
        request.out.mkdir(parents=True, exist_ok=True)
        folder = TemporaryDirectory(prefix=".mdf-", dir=request.out)
    except OSError as error:
        raise MdfError(
            f"cannot write to {request.out}: {error.strerror}", "choose another folder with `--out`"
        ) from error
    try:
        with folder as scratch:
            return _in_worker(request, scratch, observer)
    finally:
        if not there:
            with suppress(OSError):
                request.out.rmdir()  # stays where results are in it


def _in_worker(request: Request, scratch: str, observer: Observer) -> dict[str, Any]:
    place = Path(scratch)

    def told(event: Event) -> None:
        observer.event(event)
        if isinstance(event, Warned):
            observer.warned(event.message)

    try:
        found: dict[str, Any] = process.run("mdf.inference.frames:predict", request, place, report=told, log=place / "log")
    except process.WorkerError as error:
        hint = "try a smaller video or another `--device`" if error.status == "oom" else error.log.strip()[-2000:]
        raise MdfError(f"predicting ended early: {error.reason}", hint) from error
    return found
