"""A study's gallery: workers choose the frames and draw the trials; the files are kept until a trial changes.

Torch-free.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from filelock import FileLock
from pydantic import TypeAdapter, ValidationError

from mdf.core.errors import MdfError
from mdf.core.files import make_folder, read_json, write_json
from mdf.report.columns import score_columns
from mdf.report.frames.frame import GROUPS, DrawnTrial, Frame, Gallery
from mdf.runs.observer import Observer
from mdf.runs.result import TrialResult
from mdf.study.identity import digest
from mdf.workers import process
from mdf.workers.job import Job
from mdf.workers.process import passed_to
from mdf.workers.shared import SharedWorker

CHOOSE: Job[Sequence[Path], Sequence[str], int, list[Frame]] = Job("mdf.report.frames.choose:choose")
DRAW: Job[Path, Sequence[str], Sequence[Frame], Path, int, DrawnTrial] = Job("mdf.report.frames.draw:draw")

FOLDER, INDEX = "frames", "index.json"
FORMAT = 2
"""Raised whenever the index changes its form; pictures with an index of another format are drawn again."""

FRAMES_PER_GROUP, MANY_TRIALS = 2, 24
"""Frames of each group; only one if there are more than MANY_TRIALS trials."""
LONGEST_SIDE, SHORTEST_SIDE = 320, 96
PIXEL_BUDGET = 30_000_000
"""Pixels of all pictures together, so that a page of 60 trials stays under 15 MB: WebP takes 0.1 to 0.3 bytes each."""

STORED = TypeAdapter(Gallery)


def draw_gallery(
    trials: Sequence[TrialResult],
    folder: Path,
    plugins: Sequence[str],
    observer: Observer,
    time_limit: float = process.PATIENCE,
) -> Gallery | None:
    """The pictures of all `trials` with scores, kept in `folder`/frames; None if no frame can be chosen.

    A trial has no pictures if its network cannot be restored, its data have changed, or drawing it takes longer than
    `time_limit` seconds; `Gallery.missing` says why.
    """
    scored = [trial for trial in trials if trial.ok and trial.scores]
    if not scored:
        return None
    key = digest([FORMAT, FRAMES_PER_GROUP, [[t.id, dict(t.scores)] for t in scored]])
    make_folder(folder)
    with FileLock(folder / f".{FOLDER}.lock"):  # two commands may report on one study at the same time
        stored = _read(folder / FOLDER, key)
        if stored is not None:
            return stored
        gallery = _draw_all(scored, folder / FOLDER, plugins, observer, time_limit)
        if gallery is not None and not gallery.missing:  # what is missing now may be drawn the next time
            _write(gallery, key)
        return gallery


def frames_and_side(trials: int, maps: int) -> tuple[int, int]:
    """The number of frames per group, and the longest side of a picture in pixels.

    Args:
        trials: number of trials.
        maps: number of maps that they predict for each frame, all trials together.
    """
    frames = FRAMES_PER_GROUP if trials <= MANY_TRIALS else 1
    pictures = frames * len(GROUPS) * (maps + 4)  # beside the maps: background, frame and about two truths
    return frames, max(SHORTEST_SIDE, min(LONGEST_SIDE, int((PIXEL_BUDGET / pictures) ** 0.5)))


def _draw_all(
    trials: Sequence[TrialResult], folder: Path, plugins: Sequence[str], observer: Observer, time_limit: float
) -> Gallery | None:
    """Choose frames and draw all trials into the emptied `folder`, in one worker; None if no frame can be chosen.

    After a crash or a hang each remaining trial is drawn in a worker of its own: it costs that trial's pictures only.
    """
    observer.began("pictures", 0, 0)
    shutil.rmtree(folder, ignore_errors=True)
    make_folder(folder)
    with SharedWorker(folder / "worker.log") as worker:
        return _draw_with(worker, trials, folder, plugins, observer, time_limit)


def _draw_with(
    worker: SharedWorker,
    trials: Sequence[TrialResult],
    folder: Path,
    plugins: Sequence[str],
    observer: Observer,
    time_limit: float,
) -> Gallery | None:
    on_progress = passed_to(observer)
    per_group, side = frames_and_side(len(trials), sum(_number_of_tasks(trial) for trial in trials))
    try:
        frames = worker.run(
            CHOOSE,
            [Path(trial.folder) for trial in trials],
            list(plugins),
            per_group,
            on_progress=on_progress,
            time_limit=time_limit,
        )
    except (MdfError, process.WorkerError) as error:
        observer.warned(f"the frames for the report could not be chosen: {error}")
        return None
    drawn: dict[str, DrawnTrial] = {}
    missing: dict[str, str] = {}
    for trial in trials:
        if not any(trial.id in frame.scores for frame in frames):
            missing[trial.id] = "it was scored on other samples"
            continue
        try:
            drawn[trial.id] = worker.run(
                DRAW,
                Path(trial.folder),
                list(plugins),
                frames,
                folder,
                side,
                on_progress=on_progress,
                time_limit=time_limit,
            )
        except (MdfError, process.WorkerError) as error:
            missing[trial.id] = " ".join(str(error).split())
            observer.warned(f"no pictures of {trial.label}: {error}")
    return _collect(folder, frames, drawn, missing)


def _collect(
    folder: Path, frames: Sequence[Frame], drawn: Mapping[str, DrawnTrial], missing: Mapping[str, str]
) -> Gallery:
    """One gallery of all trials, which share inputs, truths and scales; a trial may lack some of the tasks."""
    inputs: dict[str, Sequence[str]] = {}
    truths: dict[str, Sequence[str]] = {}
    scales: dict[str, str] = {}
    for trial in drawn.values():
        inputs |= trial.inputs
        truths |= trial.truths
        scales |= trial.scales
    pictures = {key: trial.pictures for key, trial in drawn.items()}
    return Gallery(folder, frames, inputs, truths, scales, pictures, missing)


def _number_of_tasks(trial: TrialResult) -> int:
    return len({column.task for column in score_columns(trial)})


def _write(gallery: Gallery, key: str) -> None:
    """Write the index last, so that a gallery with an index is complete. The folder may move, so it is left out."""
    table = {name: value for name, value in asdict(gallery).items() if name != "folder"}
    write_json(gallery.folder / INDEX, {"key": key, **table})


def _read(folder: Path, key: str) -> Gallery | None:
    """The gallery in `folder`; None if there is none, or it was drawn for other trials."""
    try:
        table = read_json(folder / INDEX)
        return STORED.validate_python({**table, "folder": folder}) if table["key"] == key else None
    except (MdfError, ValidationError, KeyError, TypeError):
        return None
