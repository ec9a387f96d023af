"""Removes runs and studies so that, killed at any moment, each is there whole or not at all. Torch-free."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from mdf.core.errors import MdfError
from mdf.runs.attempts import trial_of

GONE = ".removed-"
"""What is being removed is called so: nothing that looks for runs sees it."""


def lock_of(folder: Path) -> FileLock:
    """The lock of the trial that `folder` is an attempt of; whoever runs it, or removes it, holds that."""
    return FileLock(folder.parent / f".{trial_of(folder)}.lock")


def remove_runs(attempts: Sequence[Path]) -> None:
    """Remove attempts' folders. Raises MdfError where one is running, or the disk does not allow it."""
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
    """Hold the locks of trials that nobody runs."""
    with ExitStack() as held, _told():
        for folder in {trial_of(folder): folder for folder in attempts}.values():  # a trial's attempts share one lock
            try:
                held.enter_context(lock_of(folder).acquire(blocking=False))
            except Timeout:
                raise MdfError(f"{folder} is running at this moment", "wait for it, or end it by Ctrl-C") from None
        yield


def _hide(folder: Path) -> None:
    """One step from there to gone; what is left of an earlier one of that name goes before."""
    hidden = folder.with_name(GONE + folder.name)
    if hidden.exists():
        shutil.rmtree(hidden)
    folder.rename(hidden)


def _sweep(places: set[Path]) -> None:
    """Remove what is hidden, and what an earlier removal that was killed has left."""
    with _told():
        for place in places:
            for hidden in place.glob(f"{GONE}*"):
                shutil.rmtree(hidden)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MdfError(
            f"cannot remove {error.filename}: {error.strerror or error}", "look who may write there, and try again"
        ) from error
