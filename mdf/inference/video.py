"""A recording's predictions as recordings, frame by frame, in memory that does not grow with its length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from mdf.core.dataset import Dataset
from mdf.core.errors import ConfigError
from mdf.core.files import write_json
from mdf.core.progress import Stage, Warned
from mdf.core.sample import Batch
from mdf.engine.loader import read_ahead
from mdf.inference.outputs import Drawing, write_picture
from mdf.inference.predict import Request, names_of
from mdf.inference.session import Session
from mdf.inference.writer import OVERLAY, Job, ending, pixels
from mdf.registry import Catalog

AT_ONCE = 8
PIXELS_AT_ONCE = 2_000_000
"""Frames are taken in groups of at most so many pixels, so that large ones do not need much memory."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which frames, and the files that come of them: videos by kind, each frame's own by its number."""

    frames: range
    films: Mapping[str, Path]
    single: Mapping[int, Mapping[str, Path]]
    background: Path
    about: Path

    @property
    def paths(self) -> list[Path]:
        """Every file."""
        own = [path for files in self.single.values() for path in files.values()]
        return [*self.films.values(), self.background, self.about, *own]


def predict_video(job: Job) -> dict[str, Any]:
    """Videos of all that the model tells and of the overlay, the background that was used, and a JSON file."""
    job.on_progress(Stage("looking through the video"))
    video = open_video(job.request)  # first, for it names the extra `video` where that is missing
    from mdf.core.video.file import CURE, FrameError

    try:
        return _predict_video(job, video)
    except FrameError as error:
        number = error.number
        way = f"`--stop {number}` ends before" if number > job.request.start else f"`--start {number + 1}` begins after"
        raise FrameError(error.message, f"{way} it. {CURE}", number=number) from error


def _predict_video(job: Job, video: Any) -> dict[str, Any]:
    plan = plan_files(job, len(video))
    job.check_free(plan.paths)
    job.on_progress(Stage("estimating the background"))
    bg = video.read([plan.frames.start]).bg[0]
    for warning in video.warnings():
        job.on_progress(Warned(warning))
    session = job.model.open(bg)
    drawing = job.drawing(session, bg)
    write_picture(plan.background, pixels(bg), job.scratch)
    started = perf_counter()
    write_frames(job, plan, video, session, drawing, started)
    source = job.request.frames[0]
    told = job.about(source, {**plan.films, "background": plan.background}, session.frame_size)
    told["frames"] = [plan.frames.start, plan.frames.stop]
    told["frames_per_second"] = float(video.rate)
    if not plan.single:
        del told["values"]  # of the PNG files of single frames, which there are none of
    told["drawn_from_to"] = drawing.limits
    write_json(plan.about, told, job.scratch)
    return job.summary(plan.paths, len(plan.frames), started)


def open_video(request: Request) -> Any:
    """The built-in data set of recordings, which knows backgrounds and damage."""
    given = request.background
    options = {"background": int(given) if given.isdecimal() else given}
    return Catalog.discover(request.plugins).create("dataset", f"video:{request.frames[0]}", options)


def plan_files(job: Job, length: int) -> Plan:
    """The files of a recording of `length` frames. Raises ConfigError where the part asked for is empty."""
    path, out = job.request.frames[0], job.request.out
    frames = range(job.request.start, min(job.request.stop or length, length))
    if not frames:
        raise ConfigError(f"{path} has {length} frames: none from {frames.start} on", "give a smaller `--start`")
    name = names_of([path])[0]
    folder = out / f"{name}-frames"
    single = {i: job.files(folder, f"{name}-{i:06d}") for i in frames} if job.request.each_frame else {}
    films = {kind: out / f"{name}-{ending(kind)}.mp4" for kind in job.kinds}
    return Plan(frames, films, single, out / f"{name}-background.png", out / f"{name}.json")


def write_frames(job: Job, plan: Plan, video: Any, session: Session, drawing: Drawing, started: float) -> None:
    """Predict every frame and write it to the videos, and to files of its own where asked for."""
    from mdf.core.video.writer import writing

    numbers = iter(plan.frames)
    start, _ = video.shown(plan.frames.start)
    with ExitStack() as open_films:
        films = {
            kind: open_films.enter_context(writing(path, session.frame_size, video.unit, job.scratch))
            for kind, path in plan.films.items()
        }
        for batch in _batches(video, plan.frames, session.frame_size):
            values = session.values(batch.fg_bg)
            for i, frame in enumerate(batch.fg_bg):
                number = next(numbers)
                job.tell(number - plan.frames.start, len(plan.frames), started)
                time, duration = video.shown(number)
                maps = {key: x[i] for key, x in values.items()}
                drawn = {key: drawing.map(key, x) for key, x in maps.items()}
                for kind, film in films.items():
                    picture = drawing.overlay(frame, maps, drawn.get("depth")) if kind == OVERLAY else drawn[kind]
                    film.add(pixels(picture), time - start, duration)
                if plan.single:
                    job.write(plan.single[number], frame, maps, drawing)


def _batches(video: Dataset, frames: range, size: tuple[int, int]) -> Iterator[Batch]:
    count = max(1, min(AT_ONCE, PIXELS_AT_ONCE // (size[0] * size[1])))
    return read_ahead(video.read(frames[i : i + count]) for i in range(0, len(frames), count))
