"""Trained models: scored, and used on images and videos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mdf.api.catalog import open_catalog
from mdf.api.data import chosen_data
from mdf.api.quiet import Quiet
from mdf.core.errors import ConfigError
from mdf.inference.predict import predict
from mdf.inference.request import AUTO, EvaluationRequest, PredictionRequest
from mdf.inference.sources import files_of
from mdf.models.locate import find_loadable, find_model
from mdf.runs.find import RUNS
from mdf.runs.observer import Observer
from mdf.workers.job import Job
from mdf.workers.process import run_once

if TYPE_CHECKING:
    from mdf.inference.results import Evaluation, PredictedFiles
    from mdf.inference.session import LoadedModel

EVALUATE: Job[EvaluationRequest, Evaluation] = Job("mdf.inference.evaluate:evaluate")


def evaluate(
    run: str | Path = "latest",
    *,
    data: str | None = None,
    by_tag: bool = False,
    size: str | int | None = None,
    threads: int | None = None,
    settings: Sequence[str] = (),
    skip_bad: bool = False,
    background_depth: str | Path | None = None,
    runs: str | Path = RUNS,
    plugins: Sequence[str] = (),
    observer: Observer | None = None,
) -> Evaluation:
    """Scores of the model of `run` on every sample of `data`; without `data`, on its own test split.

    Its `groups` hold the scores of all samples and, with `by_tag`, of each condition; its `notes` warn of samples that
    may have been trained on.

    Args:
        size: what the network works at, by default the size of its training. Scores are taken at the size of the data.
        threads: CPU threads, by default those of its training.
        settings: options of the data set, such as `"data.style=shapes"`.
        skip_bad: whether samples that cannot be read are left out. They are also left out if the run was trained so
            and these are its own data.
        background_depth: a file of the depth of the empty scene, for data of one camera and a network that reads it;
            see `LoadedModel.open`. Without it, what the data know themselves is used.

    Raises MdfError as `load`, and if the data cannot be read, were all trained on, or hold nothing that the model
    predicts.
    """
    if settings and not data:
        raise ConfigError(
            f"`--set {settings[0]}` is an option of the data that `--data` names, and it names none",
            "name them, e.g. `--data scenes`; without it, the run's own test split is scored as it is",
        )
    watcher = observer or Quiet()
    catalog = open_catalog(plugins, watcher)
    folder = find_model(run, Path(runs))
    chosen = chosen_data(data, settings, catalog) if data else None
    depth = None if background_depth is None else files_of([background_depth])[0]
    request = EvaluationRequest(folder, chosen, by_tag, _text(size), skip_bad, threads, tuple(plugins), depth)
    evaluation = run_once("evaluating", EVALUATE, request, observer=watcher)
    for note in evaluation.notes:
        watcher.warned(note)
    return evaluation


def load(
    run: str | Path = "latest",
    *,
    runs: str | Path = RUNS,
    plugins: Sequence[str] = (),
    device: str | None = None,
    precision: str | None = None,
    size: str | int | None = None,
    threads: int | None = None,
    graphs: bool = False,
) -> LoadedModel:
    """The trained model of a run, ready to `predict(bg, frame)` in this process.

    Args:
        run: a model that comes with mdf (`mdf.load("mdf-base")`), a run's folder, the start of its id, a packed file,
            or `latest`, the last run that left a network; or a folder that `mdf export` wrote, whose network then runs
            in the runtime that it was exported to.
        runs: the folder of the results.
        plugins: plugin files or modules to use, besides the installed ones.
        device, precision: instead of the best device here and the run's own precision.
        size: what the network works at, 224 or "240x320" (height x width); by default the size of its training.
        threads: CPU threads; by default chosen by the work of a frame, one for a small network.
        graphs: on a CUDA device, record what is done with frames of one size, and replay it: a small network then no
            longer waits for each kernel's launch. Elsewhere a warning says that it is done as it is.

    Raises:
        MdfError: there is no such run; it left no network; a file is damaged; a plugin is missing.
    """
    from mdf.inference.session import load

    open_catalog(plugins, Quiet())
    return load(run, runs, plugins, device, precision, _text(size), threads, graphs)


def predict_files(
    run: str | Path,
    frames: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    background: str | int | Path = AUTO,
    background_depth: str | Path | None = None,
    fov: float | None = None,
    intrinsics: str | Path | None = None,
    cloud: bool = False,
    overlay: bool = False,
    each_frame: bool = False,
    start: int = 0,
    stop: int | None = None,
    overwrite: bool = False,
    runs: str | Path = RUNS,
    plugins: Sequence[str] = (),
    device: str | None = None,
    precision: str | None = None,
    size: str | int | None = None,
    threads: int | None = None,
    observer: Observer | None = None,
) -> PredictedFiles:
    """Write what the model of `run` predicts for image files or for one video into `out`; returns what was written.

    A folder stands for the images in it.
    `background` is an image of the empty scene; for a video also `auto` (the usual colours of its frames) or a frame's
    number. `background_depth` is a file of its depth: metres as .npy or float TIFF, millimetres as 16-bit PNG.
    `fov`, degrees across the picture, or `intrinsics`, a calibration's file, say where pixels look; `cloud` then also
    writes a point cloud of each frame.
    docs/how-to/predict.md describes the files.

    Raises:
        MdfError: as `load`; an image or video cannot be read; a file is there already.
        KeyboardInterrupt: Ctrl-C; files that were finished are whole, and nothing is left of others.
    """
    watcher = observer or Quiet()
    open_catalog(plugins, watcher)
    given = [frames] if isinstance(frames, (str, Path)) else frames
    request = PredictionRequest(
        run=find_loadable(run, Path(runs)),
        frames=files_of(given),
        background=str(background),
        background_depth=None if background_depth is None else Path(background_depth),
        fov=fov,
        intrinsics=None if intrinsics is None else Path(intrinsics),
        cloud=cloud,
        out=Path(out),
        overlay=overlay,
        each_frame=each_frame,
        start=start,
        stop=stop,
        overwrite=overwrite,
        device=device,
        precision=precision,
        size=_text(size),
        threads=threads,
        plugins=tuple(plugins),
    )
    return predict(request, watcher)


def _text(size: str | int | None) -> str | None:
    return None if size is None else str(size)
