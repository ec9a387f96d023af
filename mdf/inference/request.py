"""What `mdf predict` and `mdf evaluate` are asked, checked before a worker starts. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mdf.core.config import Component
from mdf.core.errors import ConfigError
from mdf.core.image_formats import ENDINGS
from mdf.inference.geometry.metric import check_fov

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class PredictionRequest:
    """Predictions on image files or on one video, written as files.

    Attributes:
        run: where the network lies: a run's folder, or a packed file.
        frames: image files, or one video.
        background: an image of the empty scene; of a video also `auto` (estimated) or the number of a frame.
        out: the folder of the results; nothing is written outside it.
        background_depth: a file of the depth of the empty scene, or None.
        fov: the camera's field of view across the picture in degrees, or None.
        intrinsics: a file of the camera's calibration, or None.
        cloud: also write a point cloud of each frame.
        overlay: also draw the foreground over the frames.
        each_frame: of a video, also write the files that an image gets, for every frame.
        start, stop: of a video, the first frame and the one after the last (None = to the end).
        overwrite: replace files that are there; without it they are an error.
        device, precision, size, threads: instead of what `mdf.load` would choose.
        plugins: plugin files or modules to use beside the installed ones.
    """

    run: Path
    frames: tuple[Path, ...]
    background: str
    out: Path
    background_depth: Path | None = None
    fov: float | None = None
    intrinsics: Path | None = None
    cloud: bool = False
    overlay: bool = False
    each_frame: bool = False
    start: int = 0
    stop: int | None = None
    overwrite: bool = False
    device: str | None = None
    precision: str | None = None
    size: str | None = None
    threads: int | None = None
    plugins: tuple[str, ...] = ()

    @property
    def is_video(self) -> bool:
        """Whether the one file given is a video."""
        return len(self.frames) == 1 and not is_image(self.frames[0])

    def check(self) -> None:
        """Raise ConfigError where its parts do not go together. Reads no file."""
        videos = [path for path in self.frames if not is_image(path)]
        if not self.frames:
            raise ConfigError("there is nothing to predict on", "give image files, or one video")
        if videos and len(self.frames) > 1:
            raise ConfigError(
                f"{videos[0]} is not an image ({', '.join(ENDINGS)}), and only one video is taken at a time",
                "give image files, or one video",
            )
        if self.start < 0 or (self.stop is not None and self.stop <= self.start):
            raise ConfigError(f"there are no frames from {self.start} to {self.stop}", "give `--start` below `--stop`")
        check_fov(self.fov, self.intrinsics is not None)
        if self.cloud and self.fov is None and self.intrinsics is None:
            raise ConfigError("`--cloud` needs the camera's intrinsics", "add `--fov DEGREES` or `--intrinsics FILE`")
        if videos:
            if self.cloud and not self.each_frame:
                raise ConfigError("`--cloud` writes one file a frame", "add `--frames`, with `--start` and `--stop`")
            return
        if self.background == AUTO or self.background.isdecimal():
            raise ConfigError(
                "images need a background: an image of the empty scene",
                "write `--background empty.jpg`; `auto` and frame numbers are for videos",
            )
        if self.start or self.stop is not None or self.each_frame:
            raise ConfigError("`--start`, `--stop` and `--frames` are for videos", "give the image files that you mean")


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """The scores of a trained network on a data set.

    Attributes:
        run: where the network lies: a run's folder, or a packed file.
        data: the data set, every sample of it; None = the run's own test split.
        by_tag: also score each condition by itself.
        size: of the network's images; None = as it was trained.
        skip_bad: leave out samples that cannot be read.
        threads: CPU threads; None = as it was trained.
        plugins: plugin files or modules to use beside the installed ones.
        background_depth: a file of the depth of the empty scene, which all samples then share; None = what the data
            know.
    """

    run: Path
    data: Component | None = None
    by_tag: bool = False
    size: str | None = None
    skip_bad: bool = False
    threads: int | None = None
    plugins: tuple[str, ...] = ()
    background_depth: Path | None = None


def is_image(path: Path) -> bool:
    """Whether the file's ending is an image's. Every other file is taken for a video."""
    return path.suffix.lower() in ENDINGS


def result_names(paths: Sequence[Path]) -> list[str]:
    """How the result files of each path begin: its own name without the ending, numbered where several are the same."""
    taken: set[str] = set()
    names = []
    for path in paths:
        name, number = safe_name(path.stem), 1
        while name.casefold() in taken:  # some file systems do not tell upper from lower case
            number += 1
            name = f"{safe_name(path.stem)}_{number}"
        taken.add(name.casefold())
        names.append(name)
    return names


def safe_name(text: str) -> str:
    """`text` as a file's name on every system: without a folder in it, and not hidden."""
    return "".join(c if c.isalnum() or c in "-_. +@()" else "_" for c in text).lstrip(". ") or "_"
