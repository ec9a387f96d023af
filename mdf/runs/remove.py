"""Removes runs and studies. If that is killed at any moment, each is there whole or not at all. Torch-free."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from mdf.core.errors import MdfError
from mdf.runs.attempts import trial_of

GONE = ".removed-"
"""The start of the name of a folder that is being removed: nothing that looks for runs sees it."""


def lock_of(folder: Path) -> FileLock:
    """The lock of the trial whose attempt `folder` is. Whoever runs or removes it holds the lock."""
    return FileLock(folder.parent / f".{trial_of(folder)}.lock")


def remove_runs(attempts: Sequence[Path]) -> None:
    """Remove attempts' folders. Raises MdfError if one is running, or the disk does not allow it."""
    for folder in attempts:
        with _unused([folder]):
            _hide(folder)
    _sweep({folder.parent for folder in attempts})


def remove_study(study: Path) -> None:
    """Remove a study's folder with all runs in it. Raises as `remove_runs`, before anything is removed."""
    with _unused([folder for folder in study.iterdir() if folder.is_dir()]):
        _hide(study)
    _sweep({study.parent})


@contextmanager
def _unused(attempts: Sequence[Path]) -> Iterator[None]:
    """Hold the locks of these trials. Raises MdfError if one is running."""
    with ExitStack() as held, _disk_errors():
        for folder in {trial_of(folder): folder for folder in attempts}.values():  # a trial's attempts share one lock
            try:
                held.enter_context(lock_of(folder).acquire(blocking=False))
            except Timeout:
                raise MdfError(f"{folder} is running at this moment", "wait for it, or end it with Ctrl-C") from None
        yield


def _hide(folder: Path) -> None:
    """Rename the folder, which is one step. What is left of an earlier removal of that name is removed first."""
    hidden = folder.with_name(GONE + folder.name)
    if hidden.exists():
        shutil.rmtree(hidden)
    folder.rename(hidden)


def _sweep(places: set[Path]) -> None:
    """Remove hidden folders, those of an earlier removal that was killed included."""
    with _disk_errors():
        for place in places:
            for hidden in place.glob(f"{GONE}*"):
                shutil.rmtree(hidden)


@contextmanager
def _disk_errors() -> Iterator[None]:
    """Turn an OSError into an MdfError."""
    try:
        yield
    except OSError as error:
        raise MdfError(
            f"cannot remove {error.filename}: {error.strerror or error}", "check who may write there, and try again"
        ) from error
