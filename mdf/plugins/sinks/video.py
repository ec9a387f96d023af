"""An annotated video."""

from __future__ import annotations

import errno
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer

from mdf.core.annotate import annotate
from mdf.core.component import ComponentConfig
from mdf.core.errors import StorageError
from mdf.core.files import CURE, check_space
from mdf.core.sink import Sink, View
from mdf.core.video.writer import VideoWriter

UNIT = Fraction(1, 90000)
SPARE = 100.0
"""Megabytes that must be free before a further file is begun."""
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "frag_duration": "2000000"}
"""Written in pieces of two seconds: what was recorded before a crash or a full disk is kept, and plays."""


class AnnotatedVideo(Sink):
    """An MP4 of every frame, its foreground tinted, its objects outlined with their number, distance and speed.

    Each frame is shown at its own time. With several cameras, or where the size of a camera's frames changes, or
    after the disk was full, further files are numbered: `street-2.mp4`. An existing file is replaced.
    """

    wants_views = True

    class Config(ComponentConfig):
        """No options."""

    def __init__(self, config: Config, target: str) -> None:
        super().__init__(config, target)
        self._path = Path(target).expanduser()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._files: dict[tuple[str, tuple[int, int]], _File] = {}
        self._begun = 0

    def view(self, view: View) -> None:
        """Add a frame."""
        key = view.camera, view.pixels.shape[:2]
        try:
            if key not in self._files:
                if self._begun:  # perhaps the disk was full: a further file has to last
                    check_space(self._path.parent, SPARE)
                self._files[key] = _File(self._next_path(), view)
            self._files[key].add(view)
        except (av.FFmpegError, OSError) as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """Finish the files."""
        try:
            for file in self._files.values():
                file.finish()
        except (av.FFmpegError, OSError) as error:
            raise self._failed(error) from error

    def _failed(self, error: av.FFmpegError | OSError) -> StorageError:
        """Give up the files as they are, and say why."""
        for file in self._files.values():
            file.drop()
        self._files = {}
        why = "the disk is full" if error.errno == errno.ENOSPC else str(error.strerror or error)
        return StorageError(f"cannot write {self.target}: {why}", CURE)

    def _next_path(self) -> Path:
        self._begun += 1
        return self._path if self._begun == 1 else self._path.with_stem(f"{self._path.stem}-{self._begun}")


class _File:
    """One open video: a frame is written when the next one tells how long it is shown."""

    def __init__(self, path: Path, view: View) -> None:
        container = av.open(str(path), "w", format="mp4", options=dict(FRAGMENTS))
        assert isinstance(container, OutputContainer)
        height, width = view.pixels.shape[:2]
        self._container = container
        self._writer = VideoWriter(container, (height, width), UNIT)
        self._start = view.time
        self._waiting: View | None = None
        self._usual = 0.04

    def add(self, view: View) -> None:
        if self._waiting is not None:
            self._usual = view.time - self._waiting.time
            self._write(self._waiting)
        self._waiting = view

    def finish(self) -> None:
        if self._waiting is not None:
            self._write(self._waiting)
        self._writer.finish()
        self._container.close()

    def drop(self) -> None:
        """Close it as it is."""
        self._waiting = None
        try:
            self._container.close()
        except (av.FFmpegError, OSError):
            return

    def _write(self, view: View) -> None:
        self._writer.add(annotate(view), round((view.time - self._start) / UNIT), max(1, round(self._usual / UNIT)))
