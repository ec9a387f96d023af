"""A study's pictures from its trials: chosen and drawn by workers, kept beside the study until a trial changes.

Torch-free.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from filelock import FileLock

from mdf.core.errors import MdfError
from mdf.core.files import make_folder, read_json, write_json
from mdf.report.frames.frame import GROUPS, Drawn, Frame, Gallery
from mdf.runs.observer import Observer
from mdf.runs.result import TrialResult
from mdf.study.identity import digest
from mdf.workers import process

FOLDER, INDEX = "frames", "index.json"
FORMAT = 1
"""Raised when what the index holds changes; pictures of another format are drawn again."""

COUNT, MANY = 2, 24
"""Frames of each group; one where there are more than MANY trials."""
LONGEST, SHORTEST = 320, 96
PIXELS = 30_000_000
"""Of all pictures together, so that a page of 60 trials stays under 15 MB: a WebP takes 0.1 to 0.3 bytes a pixel."""


def draw_gallery(
    trials: Sequence[TrialResult],
    folder: Path,
    plugins: Sequence[str],
    observer: Observer,
    time_limit: float = process.PATIENCE,
) -> Gallery | None:
    """The pictures of `trials` that ended well, kept in `folder`/frames; None where there are none to choose from.

    A trial whose network cannot be restored, whose data have changed, or that takes longer than `time_limit` seconds,
    has its reason in `missing`.
    """
    shown = [trial for trial in trials if trial.ok and trial.scores]
    if not shown:
        return None
    key = digest([FORMAT, COUNT, [[t.id, dict(t.scores)] for t in shown]])
    make_folder(folder)
    with FileLock(folder / f".{FOLDER}.lock"):  # two reports of one study may be made at once
        return _kept(folder / FOLDER, key) or _drawn(shown, key, folder / FOLDER, plugins, observer, time_limit)


def _drawn(
    shown: Sequence[TrialResult], key: str, place: Path, plugins: Sequence[str], observer: Observer, time_limit: float
) -> Gallery | None:
    """The pictures, drawn anew into the folder `place`; None where no frames could be chosen."""
    observer.began("pictures", 0, 0)
    shutil.rmtree(place, ignore_errors=True)
    make_folder(place)
    log = place / "worker.log"
    count, side = extent(len(shown), sum(len(_tasks(trial)) for trial in shown))
    folders = [Path(trial.folder) for trial in shown]
    try:
        frames: list[Frame] = process.run(
            "mdf.report.frames.choose:choose",
            folders,
            list(plugins),
            count,
            on_progress=observer.progress,
            log=log,
            time_limit=time_limit,
        )
    except (MdfError, process.WorkerError) as error:
        observer.warned(f"the frames to show could not be chosen: {error}")
        return None
    found = _draw(shown, frames, plugins, place, side, log, observer, time_limit)
    if not found["missing"]:  # what is missing may be there the next time
        write_json(place / INDEX, {"key": key, **found})
    return _gallery(place, found)


def _draw(
    shown: Sequence[TrialResult],
    frames: Sequence[Frame],
    plugins: Sequence[str],
    place: Path,
    side: int,
    log: Path,
    observer: Observer,
    time_limit: float,
) -> dict[str, Any]:
    """Draw trial after trial, each in a worker of its own; what went wrong with one stays with it."""
    told: dict[str, Any] = {
        "frames": [asdict(frame) for frame in frames],
        "inputs": {},
        "truths": {},
        "scales": {},
        "trials": {},
        "missing": {},
    }
    scored = {trial for frame in frames for trial in frame.scores}
    for trial in shown:
        if trial.id not in scored:
            told["missing"][trial.id] = "it was scored on other samples"
            continue
        try:
            drawn: dict[str, Any] = process.run(
                "mdf.report.frames.draw:draw",
                Path(trial.folder),
                list(plugins),
                list(frames),
                place,
                side,
                on_progress=observer.progress,
                log=log,
                time_limit=time_limit,
            )
        except (MdfError, process.WorkerError) as error:
            told["missing"][trial.id] = " ".join(str(error).split())
            observer.warned(f"no pictures of {trial.label}: {error}")
            continue
        for part in ("inputs", "truths", "scales"):
            told[part] = {**drawn.pop(part), **told[part]}
        told["trials"][trial.id] = drawn
    return told


def _tasks(trial: TrialResult) -> set[str]:
    return {str(column["task"]) for column in trial.columns}


def extent(trials: int, maps: int) -> tuple[int, int]:
    """How many frames of each group are shown of so many `trials`, which predict so many `maps` of each, and the
    longest side of a picture in pixels."""
    count = COUNT if trials <= MANY else 1
    pictures = count * len(GROUPS) * (maps + 4)
    return count, max(SHORTEST, min(LONGEST, int((PIXELS / pictures) ** 0.5)))


def _kept(place: Path, key: str) -> Gallery | None:
    try:
        found = read_json(place / INDEX)
        return _gallery(place, found) if found["key"] == key else None
    except (MdfError, KeyError, TypeError, AttributeError):
        return None


def _gallery(place: Path, found: Mapping[str, Any]) -> Gallery:
    return Gallery(
        folder=place,
        frames=[Frame(**{**frame, "tags": tuple(frame["tags"])}) for frame in found["frames"]],
        inputs=found["inputs"],
        truths=found["truths"],
        scales=found["scales"],
        trials={trial: Drawn(**drawn) for trial, drawn in found["trials"].items()},
        missing=found["missing"],
    )
