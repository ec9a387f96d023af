"""What `mdf predict` is asked: a run, frames or a video, and where the results go. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mdf.core.errors import ConfigError, MdfError
from mdf.core.image import ENDINGS
from mdf.core.progress import Progress, Warned
from mdf.runs.observer import Observer
from mdf.workers import process

IMAGES = ENDINGS
"""Endings of image files; whatever else is given is a video."""

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Request:
    """One prediction.

    Attributes:
        run: the folder of the run whose model it is.
        frames: image files, or one video.
        background: an image file; of a video also `auto` (the median of frames) or a frame's number.
        out: the folder of the results; nothing is written outside it.
        overlay: also draw the foreground over the frames.
        each_frame: of a video, also write the files that images get.
        start, stop: of a video, the first frame and the one after the last (None = all).
        overwrite: replace files that are there; else they are an error.
    """

    run: Path
    frames: tuple[Path, ...]
    background: str
    out: Path
    overlay: bool = False
    each_frame: bool = False
    start: int = 0
    stop: int | None = None
    overwrite: bool = False
    device: str | None = None
    precision: str | None = None
    size: str | None = None
    plugins: tuple[str, ...] = ()

    @property
    def is_video(self) -> bool:
        """Whether the one thing given is a video."""
        return len(self.frames) == 1 and not is_image(self.frames[0])


def is_image(path: Path) -> bool:
    """Whether the file's ending is an image's."""
    return path.suffix.lower() in IMAGES


def check(request: Request) -> None:
    """Raises ConfigError where the parts of a request do not go together; reads nothing."""
    videos = [path for path in request.frames if not is_image(path)]
    if not request.frames:
        raise ConfigError("there is nothing to predict on", "give image files, or one video")
    if videos and len(request.frames) > 1:
        raise ConfigError(
            f"{videos[0]} is no image ({', '.join(IMAGES)}), and a video stands alone",
            "give image files, or one video at a time",
        )
    if request.start < 0 or (request.stop is not None and request.stop <= request.start):
        raise ConfigError(
            f"there are no frames from {request.start} to {request.stop}", "give `--start` below `--stop`"
        )
    if videos:
        return
    if request.background == AUTO or request.background.isdecimal():
        raise ConfigError(
            "images need a background: an image of the empty scene",
            "write `--background empty.jpg`; `auto` is for videos",
        )
    if request.start or request.stop is not None or request.each_frame:
        raise ConfigError("`--start`, `--stop` and `--frames` are for videos", "give the image files that you mean")


def names_of(paths: Sequence[Path]) -> list[str]:
    """A name for the results of each path: its own without the ending, numbered where several would have one."""
    taken: set[str] = set()
    names = []
    for path in paths:
        name, number = file_name(path.stem), 1
        while name.casefold() in taken:  # some file systems hold upper and lower case for one
            number += 1
            name = f"{file_name(path.stem)}_{number}"
        taken.add(name.casefold())
        names.append(name)
    return names


def file_name(text: str) -> str:
    """`text` as a file's name on every system: it has no folder in it, and is not hidden."""
    return "".join(c if c.isalnum() or c in "-_. +@()" else "_" for c in text).lstrip(". ") or "_"


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

    def told(progress: Progress) -> None:
        observer.progress(progress)
        if isinstance(progress, Warned):
            observer.warned(progress.message)

    try:
        found: dict[str, Any] = process.run(
            "mdf.inference.frames:predict", request, place, on_progress=told, log=place / "log"
        )
    except process.WorkerError as error:
        hint = "try a smaller video or another `--device`" if error.status == "oom" else error.log.strip()[-2000:]
        raise MdfError(f"predicting ended early: {error.reason}", hint) from error
    return found
