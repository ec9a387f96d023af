"""Networks adapted to one camera."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mdf.api.catalog import open_catalog
from mdf.api.data import chosen_data
from mdf.api.quiet import Quiet
from mdf.core.errors import ConfigError
from mdf.core.files import check_writable, make_folder
from mdf.inference.geometry.metric import check_fov
from mdf.inference.sources import files_of
from mdf.models.locate import find_model, name_of
from mdf.runs.find import RUNS
from mdf.runs.observer import Observer
from mdf.study.adapt.request import AdaptRequest
from mdf.study.prepare import check_name
from mdf.workers.job import Job
from mdf.workers.process import run_once
from mdf.workers.time_limit import read_time_limit

if TYPE_CHECKING:
    from mdf.core.pinhole import Intrinsics
    from mdf.inference.background_depth import DepthLike
    from mdf.study.adapt.request import Adapted

ADAPT: Job[AdaptRequest, Adapted] = Job("mdf.study.adapt.adapt:adapt")
STUDY = "adapt"
TIME_LIMIT = "10m"
MOST_THREADS = 8
"""Threads that train by default, where there are so many cores: a small network gains nothing by more."""


def adapt(
    model: str | Path = "mdf-base",
    *,
    background: str | Path | Sequence[str | Path] = (),
    video: str | Path | None = None,
    data: str | None = None,
    background_depth: DepthLike | None = None,
    fov: float | None = None,
    intrinsics: str | Path | Intrinsics | None = None,
    steps: int | None = None,
    time_limit: float | str = TIME_LIMIT,
    seed: int = 0,
    name: str = STUDY,
    runs: str | Path = RUNS,
    plugins: Sequence[str] = (),
    device: str = "auto",
    threads: int | None = None,
    observer: Observer | None = None,
) -> Adapted:
    """Train `model` a little more for one fixed camera, without labels: `mdf.adapt("mdf-base", video="street.mp4")`.

    Figures are drawn on empty frames of the camera, and the network learns to find them. It is kept only if it seems
    better there than before; if not, the run holds the network as it was. docs/how-to/adapt.md says how this is judged.

    Args:
        model: a model that comes with mdf, a run's folder, the start of its id, `latest`, or a packed file.
        background: images of the empty scene, one or more, or folders of them. The more, the better: what differs
            between them (leaves, light, a shaking camera) is learned to be background. With `video`, one image.
        video: a clip of the camera. Its empty frames are found and used.
        data: labelled frames of the camera, such as `"folder:MINE"`, if there are some. They are learned from too, and
            those of their validation and test splits decide whether the result is kept.
        background_depth: the depth of the empty scene, for a network that reads it: a file, or H×W metres, as
            `LoadedModel.open` takes it, of the size of the camera's frames. Figures then stand in it, and depth is
            learned too.
        fov: the camera's field of view across the picture in degrees; or `intrinsics`, a calibration's file. Figures
            are then as large and as foreshortened as this camera shows them.
        steps: optimiser steps; by default those of the recipe.
        time_limit: training ends after this time, in seconds or as `"5m"`, with what was learned by then.
        seed: decides what is drawn, and in which order.
        name: the folder in `runs` that the run lies in.
        threads: CPU threads; by default one for each core, eight at most.

    Returns what came of it; `result.folder` is a run that every command takes, `result.background` the image to give
    as its empty scene.

    Raises:
        MdfError: the model, an image, the clip, the depth or the calibration cannot be used; sizes differ; the clip is
            never empty.
        KeyboardInterrupt: Ctrl-C; nothing is written.
    """
    watcher = observer or Quiet()
    catalog = open_catalog(plugins, watcher)
    images = files_of([background] if isinstance(background, (str, Path)) else background)
    if not images and video is None:
        raise ConfigError(
            "nothing shows the camera: neither empty frames nor a clip are given",
            "`--background empty*.jpg`, or `--video street.mp4`",
        )
    if video is not None and len(images) > 1:
        raise ConfigError(
            f"{len(images)} backgrounds are given beside a clip", "give one image of the empty scene, or leave them out"
        )
    check_fov(fov, intrinsics is not None)
    seconds = read_time_limit(time_limit)
    assert seconds is not None
    check_name(name)
    place, study = find_model(model, Path(runs)).resolve(), Path(runs) / name
    chosen = chosen_data(data, (), catalog) if data else None
    make_folder(study)
    check_writable(study)
    scratch = Path(tempfile.mkdtemp(prefix=".adapt-", dir=study))
    request = AdaptRequest(
        model=place,
        images=images,
        video=None if video is None else files_of([video])[0],
        data=chosen,
        background_depth=background_depth,
        fov=fov,
        intrinsics=intrinsics,
        steps=steps,
        seconds=seconds,
        seed=seed,
        device=device,
        threads=threads or min(MOST_THREADS, _cores()),
        plugins=tuple(plugins),
        scratch=scratch,
        label=f"{name_of(place)} on {Path(video or images[0]).name}",
    )
    try:
        return run_once("adapting", ADAPT, request, observer=watcher)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)  # an adaptation that ended well has renamed it


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
