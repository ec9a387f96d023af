"""One model: trained, scored, and used on images and videos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdf.api.asked import with_asked
from mdf.api.data import chosen_data
from mdf.api.study import benchmark
from mdf.api.watching import RUNS, Quiet
from mdf.core.config import to_table
from mdf.core.errors import ConfigError
from mdf.inference import predict
from mdf.inference.sources import files_of
from mdf.report.report import StudyReport
from mdf.runs.attempts import UNWELL
from mdf.runs.find import find_model
from mdf.runs.observer import Observer
from mdf.study.request import grid
from mdf.study.request.request import read_request
from mdf.workers.process import run_once

if TYPE_CHECKING:
    from mdf.inference.session import LoadedModel


def train(
    *,
    config: str | Path | Mapping[str, Any] | None = None,
    settings: Sequence[str] = (),
    plugins: Sequence[str] = (),
    runs: str | Path = RUNS,
    name: str = "",
    loggers: Sequence[str] = (),
    time_limit: float | str | None = None,
    rerun: bool = False,
    force: bool = False,
    allow_leaks: bool = False,
    observer: Observer | None = None,
    **keys: Any,
) -> StudyReport:
    """Train and score one configuration: a study of one cell, whose result is `report.results[0]`.

    The arguments are those of `benchmark`; `init` names a run whose weights, statistics and depth scale are the
    beginning. A trial that ended well is not run again, one that did not is.

    Raises as `benchmark`, and ConfigError where several configurations are asked for.
    """
    asked = read_request(config, settings, [], keys)
    request = replace(asked, table={"encoder": "unet", **asked.table})
    found = grid.cells(request, with_asked(plugins))
    if len(found) != 1 or found[0].predictor is not None:
        what = "a method without training" if len(found) == 1 else f"{len(found)} configurations"
        raise ConfigError(f"one network is to be trained, and this asks for {what}", "`mdf benchmark` compares several")
    return benchmark(
        config={**to_table(found[0]), "logger": request.loggers},
        predictor=[],
        plugins=plugins,
        runs=runs,
        name=name,
        loggers=loggers,
        time_limit=time_limit,
        retry=",".join(UNWELL),
        retry_hung=rerun,  # a forecast is no trial: it waits for 30 minutes only where that is asked for
        rerun=rerun,
        costs=False,
        force=force,
        train_cost_only=True,
        allow_leaks=allow_leaks,
        pictures=False,
        observer=observer,
    )


def evaluate(
    run: str | Path = "latest",
    *,
    data: str | None = None,
    by_tag: bool = False,
    size: str | int | None = None,
    settings: Sequence[str] = (),
    skip_bad: bool = False,
    runs: str | Path = RUNS,
    plugins: Sequence[str] = (),
    observer: Observer | None = None,
) -> dict[str, Any]:
    """Scores of the model of `run` on every sample of `data`; without `data`, on its own test split.

    The network works at `size`, by default that of its training; it is scored at the data's own, whatever that is.
    With `skip_bad` samples that cannot be read are left out, as they are of data that the run was so trained on.

    `groups` holds them for all samples and, with `by_tag`, for those of each condition; `notes` warn of samples that
    may have been trained on. Raises MdfError as `load` does, and where the data cannot be read, were trained on besides
    the run's own or hold nothing that the model predicts.
    """
    if settings and not data:
        raise ConfigError(
            f"`--set {settings[0]}` is an option of the data that `--data` names, and it names none",
            "name them, e.g. `--data scenes`; without, the run's own test split is scored as it is",
        )
    watcher = observer or Quiet()
    catalog = with_asked(plugins, watcher)
    folder = find_model(run, Path(runs))
    chosen = chosen_data(data, settings, catalog) if data else None
    asked = (folder, chosen, list(plugins), by_tag, _text(size), skip_bad)
    found: dict[str, Any] = run_once("evaluating", "mdf.inference.evaluate:evaluate", *asked, observer=watcher)
    for note in found["notes"]:
        watcher.warned(note)
    return found


def load(
    run: str | Path = "latest",
    *,
    runs: str | Path = RUNS,
    plugins: Sequence[str] = (),
    device: str | None = None,
    precision: str | None = None,
    size: str | int | None = None,
) -> LoadedModel:
    """The trained model of a run, ready to `predict(bg, frame)` in this process.

    Args:
        run: a run's folder, the start of its id, or `latest`, the last run that left a network.
        runs: the folder that results are kept in.
        plugins: plugin files or modules to use beside the installed ones.
        device, precision: instead of the best device here and the run's own precision.
        size: what the network works at, 224 or "240x320" (height x width); by default the size of its training.

    Raises:
        MdfError: there is no such run; it left no network; a file is damaged; a plugin is missing.
    """
    from mdf.inference.session import load

    with_asked(plugins, Quiet())
    return load(run, runs, plugins, device, precision, _text(size))


def predict_files(
    run: str | Path,
    frames: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    background: str | int | Path = predict.AUTO,
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
    observer: Observer | None = None,
) -> dict[str, Any]:
    """Write what the model of `run` says of image files or of one video into `out`; returns what was written.

    A folder stands for the images in it.
    `background` is an image of the empty scene; of a video also `auto` (the median of frames) or a frame's number.
    docs/how-to/predict.md describes the files.

    Raises:
        MdfError: as `load`; an image or video that cannot be read; a file that is there already.
        KeyboardInterrupt: Ctrl-C; the files that were finished are whole, of others nothing is left.
    """
    watcher = observer or Quiet()
    with_asked(plugins, watcher)
    given = [frames] if isinstance(frames, (str, Path)) else frames
    request = predict.Request(
        run=find_model(run, Path(runs)),
        frames=files_of(given),
        background=str(background),
        out=Path(out),
        overlay=overlay,
        each_frame=each_frame,
        start=start,
        stop=stop,
        overwrite=overwrite,
        device=device,
        precision=precision,
        size=_text(size),
        plugins=tuple(plugins),
    )
    return predict.predict(request, watcher)


def _text(size: str | int | None) -> str | None:
    return None if size is None else str(size)
