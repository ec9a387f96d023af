"""Runs `mdf predict`: one worker that writes the files. Torch-free. What it writes: see `mdf/inference/writer.py`."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from mdf.core.errors import MdfError
from mdf.core.progress import Progress, Warned
from mdf.inference.request import PredictionRequest
from mdf.inference.results import PredictedFiles
from mdf.runs.observer import Observer
from mdf.workers import process
from mdf.workers.job import Job

JOB: Job[PredictionRequest, Path, PredictedFiles] = Job("mdf.inference.frames:predict_in_worker")


def predict(request: PredictionRequest, observer: Observer) -> PredictedFiles:
    """Run `request` in a worker; returns what it wrote.

    Raises
        MdfError: the request, the run, an image or the video cannot be used; the worker crashed.
        KeyboardInterrupt: Ctrl-C; the files that were finished are complete, of others nothing is left.
    """
    request.check()
    observer.began("predict", 0, 0)
    existed = request.out.is_dir()
    try:
        request.out.mkdir(parents=True, exist_ok=True)
        folder = TemporaryDirectory(prefix=".mdf-", dir=request.out)
    except OSError as error:
        raise MdfError(
            f"cannot write to {request.out}: {error.strerror}", "choose another folder with `--out`"
        ) from error
    try:
        with folder as scratch:
            return _in_worker(request, Path(scratch), observer)
    finally:
        if not existed:
            with suppress(OSError):  # it stays where results are in it
                request.out.rmdir()


def _in_worker(request: PredictionRequest, scratch: Path, observer: Observer) -> PredictedFiles:
    def on_progress(progress: Progress) -> None:
        observer.progress(progress)
        if isinstance(progress, Warned):
            observer.warned(progress.message)

    try:
        return process.run(JOB, request, scratch, on_progress=on_progress, log=scratch / "log")
    except process.WorkerError as error:
        hint = "try a smaller video or another `--device`" if error.status == "oom" else error.log.strip()[-2000:]
        raise MdfError(f"predicting ended early: {error.reason}", hint) from error
