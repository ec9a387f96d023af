"""Where the parts meet: config + catalog → report. Torch-free; torch is imported by worker processes."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from mdf.core.config import ExperimentConfig, to_table
from mdf.core.errors import ConfigError, MdfError, PluginError
from mdf.core.events import Event
from mdf.registry import Catalog
from mdf.study import grid, jobs, lifecycle, picture, predicting, prediction, run, worker
from mdf.study.attempts import SETTLED, UNWELL, read_statuses, settled
from mdf.study.costs import phase
from mdf.study.costs.join import with_costs, write_keys
from mdf.study.files import make_folder
from mdf.study.find import find_model
from mdf.study.labels import label_all
from mdf.study.left_out import write_left_out
from mdf.study.observer import Observer
from mdf.study.plan import foresee
from mdf.study.plan.planned import Planned, Planning, planned
from mdf.study.publish import publish
from mdf.study.report import Report, notes_of
from mdf.study.request import read_request
from mdf.study.results import TrialResult
from mdf.study.rows import find_row, rows_of
from mdf.study.studies import find_study, results_of, told_of, trials_of, write_study
from mdf.study.time_limit import read_time_limit
from mdf.study.trackers import followers
from mdf.study.verdict.ask import judged

if TYPE_CHECKING:
    from mdf.study.loaded import LoadedModel
    from mdf.study.store.store import Store

RUNS = Path("runs")
BLOCKS = 3
"""Samples stand in so many blocks side by side in the picture of a data set."""


class Quiet:
    """An observer that says nothing but warnings."""

    def began(self, label: str, number: int, total: int) -> None:
        """Nothing."""

    def event(self, event: Event, number: int = 0) -> None:
        """Nothing."""

    def ended(self, result: TrialResult, kept: bool) -> None:
        """Nothing."""

    def warned(self, message: str) -> None:
        """Python's own warning."""
        warnings.warn(message, stacklevel=1)


def benchmark(
    *,
    config: str | Path | Mapping[str, Any] | None = None,
    settings: Sequence[str] = (),
    predictor: str | Sequence[str] | None = None,
    runs: str | Path = RUNS,
    name: str = "",
    plugins: Sequence[str] = (),
    trackers: Sequence[str] = (),
    workers: int | None = None,
    time_limit: float | str | None = None,
    retry: str = "",
    rerun: bool = False,
    costs: bool = True,
    force: bool = False,
    train_cost_only: bool = False,
    by_tag: bool = False,
    allow_leaks: bool = False,
    pictures: bool = True,
    observer: Observer | None = None,
    **keys: Any,
) -> Report:
    """Compare configurations: train, score and tabulate every cell of a grid.

    Any key of an experiment config may be given (`encoder`, `loss`, `data`, `size`, `steps`, …); a list of values
    is an axis of the grid. With neither encoder nor loss the standard study is run.

    Args:
        config: a TOML file (or its table) with shared keys and a `[grid]` table; `keys` take precedence.
        settings: overrides such as `"encoder.width=32"`, applied last.
        predictor: whole methods to compare with, `[]` for none; by default `absdiff`, `mean-depth` and
            `background-depth`, as far as they suit the data.
        runs: the folder that results are kept in; a trial that is there already is not run again.
        name: the study's name; by default a hash of its trials.
        plugins: plugin files or modules to use beside the installed ones.
        trackers: what else follows the study, e.g. `tensorboard` or `mlflow`; their options are keys of the config
            (`tracker={"mlflow": {"uri": "sqlite:///runs.db"}}`).
        workers: trials side by side; by default one a GPU, on the CPU one a core and four at most; fewer where they
            are foreseen not to fit the memory together. No result depends on it.
        time_limit: what each trial may take, in seconds or as `"30m"`; longer, it ends as `timeout`. A trial's
            forecast, each of its measured costs and its pictures may take as long, or 30 minutes without a limit.
        retry: statuses such as `"failed,oom"`: trials that ended so run again, in folders of their own. Otherwise what
            has ended is kept, and what was interrupted or killed goes on.
        rerun: whether every trial runs again; what there was is kept beside it.
        costs: whether, after the trials, what each configuration costs is measured, alone on the machine.
        force: whether to train even what is foreseen not to fit the device's memory, alone or side by side.
        train_cost_only: whether to train configurations that otherwise are rows of costs alone (`resnet18-fullres`).
        by_tag: whether the report also tells each headline score under every condition.
        allow_leaks: whether to go on where training and test share scenes, or backgrounds that look alike.
        pictures: whether the report's page compares what the trained models make of the same test frames.
        observer: is told how the study goes on.

    Raises:
        MdfError: a name, option, path or config that cannot be used, before anything is trained.
        KeyboardInterrupt: Ctrl-C; what has ended is kept.
    """
    folder, watcher = Path(runs), observer or Quiet()
    run.check_name(name)
    if workers is not None and workers < 1:
        raise ConfigError(f"`workers` = {workers}: a study needs one", "leave it out, or give 1 or more")
    limit = read_time_limit(time_limit)
    beside = limit or worker.PATIENCE  # what goes with a trial: forecast, costs, pictures
    again = SETTLED if rerun else read_statuses(retry, UNWELL) if retry else ()
    request = read_request(config, settings, predictor, keys)
    catalog = _with_asked(plugins)
    configs = grid.cells(request, catalog)
    make_folder(folder)
    store = _store(folder, watcher)
    listeners = [*catalog.listeners, *followers(trackers, request.trackers, catalog)]
    surveyed = run.survey(
        configs, plugins, folder, watcher, fill_cache=True, allow_leaks=allow_leaks, strict=request.names_predictors
    )
    trials, study = run.plan(configs, surveyed, folder, name, again)
    warned = [*write_left_out(surveyed, study), *dict.fromkeys(leak for cell in surveyed for leak in cell.leaks)]
    for note in warned:
        watcher.warned(note)
    left_out = {
        config.predictor.name: cell.left_out
        for config, cell in zip(configs, surveyed, strict=True)
        if config.predictor and cell.left_out
    }
    told = [*(f"{label} is left out: {why}" for label, why in left_out.items()), *warned]
    dear = set() if train_cost_only else foresee.cost_only(trials, catalog)
    trained = [trial for trial in trials if trial.id not in dear]
    if costs or not force:
        forecasts = foresee.foresee(trials, plugins, folder, watcher, beside)
        if not force:
            coming = [trial for trial in trained if settled(trial.folder) is None]
            foresee.refuse_too_large(coming, forecasts)
            workers = foresee.lowered(coming, forecasts, workers, watcher)
    write_study(study, {trial.id: trial.label for trial in trials}, told)
    write_keys(study, trials, dear)
    followed = lifecycle.Followed(lifecycle.study_of(trained, study), listeners, watcher)
    followed.start()
    found = run.run(trained, plugins, followed, store, workers, limit)
    if costs:
        phase.measure(trials, dear, plugins, folder, watcher, beside)
    found = with_costs(found, study)
    report = _judged(Report(study, found, notes_of(found, told)), plugins, watcher, by_tag)
    followed.end(report.ok, _write(report, plugins, watcher, pictures, beside))
    return report


def train(
    *,
    config: str | Path | Mapping[str, Any] | None = None,
    settings: Sequence[str] = (),
    plugins: Sequence[str] = (),
    runs: str | Path = RUNS,
    name: str = "",
    trackers: Sequence[str] = (),
    time_limit: float | str | None = None,
    rerun: bool = False,
    force: bool = False,
    allow_leaks: bool = False,
    observer: Observer | None = None,
    **keys: Any,
) -> Report:
    """Train and score one configuration: a study of one cell, whose result is `report.results[0]`.

    The arguments are those of `benchmark`; `init` names a run whose weights, statistics and depth scale are the
    beginning. A trial that ended well is not run again, one that did not is.

    Raises as `benchmark`, and ConfigError where several configurations are asked for.
    """
    asked = read_request(config, settings, [], keys)
    request = replace(asked, table={"encoder": "unet", **asked.table})
    found = grid.cells(request, _with_asked(plugins))
    if len(found) != 1 or found[0].predictor is not None:
        what = "a method without training" if len(found) == 1 else f"{len(found)} configurations"
        raise ConfigError(f"one network is to be trained, and this asks for {what}", "`mdf benchmark` compares several")
    return benchmark(
        config={**to_table(found[0]), "tracker": request.trackers},
        predictor=[],
        plugins=plugins,
        runs=runs,
        name=name,
        trackers=trackers,
        time_limit=time_limit,
        retry=",".join(UNWELL),
        rerun=rerun,
        costs=False,
        force=force,
        train_cost_only=True,
        allow_leaks=allow_leaks,
        pictures=False,
        observer=observer,
    )


def _store(runs: Path, watcher: Observer) -> Store:
    """The results store, which takes a while to import; results that it could not read are told."""
    from mdf.study.store.store import open_store

    store = open_store(runs)
    for damage in store.damaged:
        watcher.warned(damage)
    return store


def _judged(report: Report, plugins: Sequence[str], watcher: Observer, by_tag: bool) -> Report:
    """The report with its verdict; a study that cannot be judged keeps its table."""
    try:
        return judged(report, plugins, watcher, by_tag)
    except MdfError as error:
        watcher.warned(f"{error.message}; {error.hint}")
        return report


def compare(
    study: str | Path = "latest",
    *rows: str,
    by_tag: bool = False,
    runs: str | Path = RUNS,
    plugins: Sequence[str] = (),
    observer: Observer | None = None,
) -> Report:
    """The verdict on a study that has been run: every pair of its configurations, or only those named by `rows`.

    Its `verdict.comparisons` hold differences with 95 % intervals and words; no model predicts anew.

    Args:
        study: its folder, its name, the start of that, or `latest`.
        rows: configurations by label, a part of it, or the start of a trial's id; the correction for many comparisons
            is then for these alone.

    Raises MdfError where there is no such study or row, or a trial's statistics are missing or damaged.
    """
    return judged(_stored(study, runs, rows), plugins, observer or Quiet(), by_tag)


def _stored(study: str | Path, runs: str | Path, rows: Sequence[str] = ()) -> Report:
    """What there is of a study, or of these rows, not judged. Raises MdfError where there is nothing."""
    folder = find_study(str(study), Path(runs))
    results = with_costs(results_of(folder), folder)
    if not results:
        raise MdfError(f"no trial of the study {folder.name} has ended", "run its command again: it goes on")
    trials, told = trials_of(folder), told_of(folder)
    unended = len(trials.keys() - {result.id for result in results})
    if rows:
        every = rows_of(results)
        results = [trial for text in rows for trial in find_row(text, every).trials]
    return Report(folder, results, notes_of(results, told, unended), unended=unended)


def _write(report: Report, plugins: Sequence[str], watcher: Observer, pictures: bool, limit: float) -> list[Path]:
    """The report's files, written; a picture that cannot be drawn costs no table."""
    files = publish(report, report.folder, plugins, watcher, pictures, limit)
    try:
        drawn = picture.study_picture(report.results, report.folder / "report.png")
    except (OSError, ValueError, KeyError, MdfError) as error:
        watcher.warned(f"the study's picture could not be drawn: {error}")
        drawn = None
    return [*files, *([drawn] if drawn else [])]


def report(
    study: str | Path = "latest",
    *,
    runs: str | Path = RUNS,
    out: str | Path | None = None,
    pictures: bool = True,
    plugins: Sequence[str] = (),
    observer: Observer | None = None,
) -> tuple[Report, list[Path]]:
    """Judge a study that has been run and write its report: HTML (last), CSV, JSON and Markdown.

    Args:
        study: its folder, its name, the start of that, or `latest`.
        out: the folder to write to; by default the study's own.
        pictures: whether the trained models predict the test frames again that the page shows.

    Raises MdfError where there is no such study, none of its trials has ended, or `out` cannot be written.
    """
    watcher = observer or Quiet()
    told = _judged(_stored(study, runs), plugins, watcher, by_tag=True)
    return told, publish(told, Path(out) if out else told.folder, plugins, watcher, pictures)


def dry_run(
    *, runs: str | Path = RUNS, plugins: Sequence[str] = (), observer: Observer | None = None, **keys: Any
) -> list[tuple[str, ExperimentConfig, str]]:
    """The resolved cells that `benchmark` would run: label, config, and why it would be left out ("" = it would not).

    Opens the data sets and checks every component, but decodes and trains nothing.
    """
    configs, strict = _cells(plugins=plugins, **keys)
    surveyed = run.survey(configs, plugins, Path(runs), observer or Quiet(), fill_cache=False, strict=strict)
    labels = label_all(configs)
    return [(label, cell.config, cell.left_out) for label, cell in zip(labels, surveyed, strict=True)]


def plan(
    *, runs: str | Path = RUNS, plugins: Sequence[str] = (), observer: Observer | None = None, **keys: Any
) -> list[Planned]:
    """What each cell that `benchmark` of the same arguments would run will take: memory, arithmetic and time.

    Nothing is trained but a few tiny steps, to estimate times; forecasts are kept in `runs` for the study to come.
    """
    folder, watcher = Path(runs), observer or Quiet()
    configs, strict = _cells(plugins=plugins, **keys)
    surveyed = run.survey(configs, plugins, folder, watcher, fill_cache=False, strict=strict)
    labelled = enumerate(zip(label_all(configs), surveyed, strict=True))
    subjects = [Planning(str(number), label, cell) for number, (label, cell) in labelled if not cell.left_out]
    forecasts = foresee.foresee(subjects, plugins, folder, watcher)
    dear = foresee.cost_only(subjects, Catalog.discover(plugins))
    return planned(subjects, forecasts, dear, plugins, folder, watcher)


def cells(*, plugins: Sequence[str] = (), **keys: Any) -> list[ExperimentConfig]:
    """The configs that `benchmark` of the same arguments would run; decided without torch."""
    return _cells(plugins, **keys)[0]


def _cells(
    plugins: Sequence[str],
    config: str | Path | Mapping[str, Any] | None = None,
    settings: Sequence[str] = (),
    predictor: str | Sequence[str] | None = None,
    **keys: Any,
) -> tuple[list[ExperimentConfig], bool]:
    """The configs of a grid, and whether its predictors were asked for by name."""
    request = read_request(config, settings, predictor, keys)
    return grid.cells(request, _with_asked(plugins)), request.names_predictors


def _with_asked(plugins: Sequence[str]) -> Catalog:
    """The catalog. Raises PluginError where a plugin that was asked for by name cannot be used."""
    catalog = Catalog.discover(plugins)
    for fault in catalog.faults:
        if not fault.distribution:
            raise PluginError(f"{fault.told} could not be used: {fault.error}", fault.hint)
    return catalog


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
    from mdf.study.loaded import load

    return load(run, runs, plugins, device, precision, _text(size))


def predict_files(
    run: str | Path,
    frames: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    background: str | int | Path = prediction.AUTO,
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

    `background` is an image of the empty scene; of a video also `auto` (the median of frames) or a frame's number.
    docs/how-to/predict.md describes the files.

    Raises:
        MdfError: as `load`; an image or video that cannot be read; a file that is there already.
        KeyboardInterrupt: Ctrl-C; the files that were finished are whole, of others nothing is left.
    """
    given = [frames] if isinstance(frames, (str, Path)) else frames
    request = prediction.Request(
        run=str(run),
        runs=Path(runs),
        frames=tuple(Path(frame) for frame in given),
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
    return predicting.predict(request, observer or Quiet())


def _text(size: str | int | None) -> str | None:
    return None if size is None else str(size)


def evaluate(
    run: str | Path = "latest",
    *,
    data: str | None = None,
    by_tag: bool = False,
    size: str | int | None = None,
    settings: Sequence[str] = (),
    runs: str | Path = RUNS,
    plugins: Sequence[str] = (),
    observer: Observer | None = None,
) -> dict[str, Any]:
    """Scores of the model of `run` on every sample of `data`; without `data`, on its own test split.

    The network works at `size`, by default that of its training; it is scored at the data's own, whatever that is.

    `groups` holds them for all samples and, with `by_tag`, for those of each condition; `notes` warn of samples that
    may have been trained on. Raises MdfError as `load` does, and where the data cannot be read, were trained on besides
    the run's own or hold nothing that the model predicts.
    """
    folder = find_model(run, Path(runs))
    chosen = grid.resolve({"data": data}, settings, Catalog.discover(plugins)).data if data else None
    asked = (folder, chosen, list(plugins), by_tag, _text(size))
    watcher = observer or Quiet()
    found = _in_worker(jobs.evaluate, *asked, observer=watcher)
    for note in found["notes"]:
        watcher.warned(note)
    return found


def _in_worker(job: Callable[..., dict[str, Any]], *arguments: object, observer: Observer) -> dict[str, Any]:
    """Run a job with nothing to keep; raises its own MdfError, or one that shows the end of its log."""
    observer.began(job.__name__, 0, 0)
    with TemporaryDirectory() as folder:
        try:
            found: dict[str, Any] = worker.run(job, *arguments, report=observer.event, log=Path(folder) / "log")
        except worker.WorkerError as error:
            raise MdfError(f"{job.__name__} failed: {error.reason}", error.log[-500:]) from error
    return found


def show_data(
    data: str,
    out: str | Path,
    *,
    count: int = 12,
    settings: Sequence[str] = (),
    plugins: Sequence[str] = (),
    observer: Observer | None = None,
) -> dict[str, Any]:
    """Write a picture of `count` samples of `data` (every image and target) to `out`; returns what it shows."""
    resolved = grid.resolve({"data": data}, settings, Catalog.discover(plugins))
    path = Path(out)
    if path.suffix.lower() != ".png":
        raise ConfigError(f"`{out}` is not a PNG file's name", "write for example `--out grid.png`")
    with TemporaryDirectory() as folder:
        sheet = Path(folder) / "sheet.png"
        found = _in_worker(jobs.show, resolved.data, list(plugins), count, sheet, observer=observer or Quiet())
        picture.compose({title.replace(": ", "\n"): p for title, p in picture.cut(sheet, found).items()}, path, BLOCKS)
    return found


def data_info(
    data: str, *, settings: Sequence[str] = (), plugins: Sequence[str] = (), observer: Observer | None = None
) -> dict[str, Any]:
    """What `data` holds: counts, sizes, splits, statistics of its targets; of 1024 samples evenly spread, if it has
    more."""
    resolved = grid.resolve({"data": data}, settings, Catalog.discover(plugins))
    return _in_worker(jobs.data_info, resolved.data, list(plugins), observer=observer or Quiet())


def data_check(
    data: str, *, settings: Sequence[str] = (), plugins: Sequence[str] = (), observer: Observer | None = None
) -> dict[str, Any]:
    """What is wrong with `data`: every sample is read; `findings` holds errors, then warnings, each with its cure."""
    resolved = grid.resolve({"data": data}, settings, Catalog.discover(plugins))
    return _in_worker(jobs.data_check, resolved.data, list(plugins), observer=observer or Quiet())
