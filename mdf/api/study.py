"""A study from its request to its report: what is asked for, what it will take, and the trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdf.api.asked import with_asked
from mdf.api.verdict import judged_or_told
from mdf.api.watching import RUNS, Quiet
from mdf.core.config import ExperimentConfig
from mdf.core.errors import ConfigError, MdfError
from mdf.core.files import make_folder
from mdf.data.skipped import write_skipped
from mdf.registry import Catalog
from mdf.report import picture
from mdf.report.notes import notes_of
from mdf.report.publish import publish
from mdf.report.report import StudyReport
from mdf.runs.attempts import SETTLED, UNWELL, read_statuses, settled
from mdf.runs.observer import Observer
from mdf.runs.studies import write_study
from mdf.study import followed, prepare
from mdf.study.cell import LabelledCell
from mdf.study.costs import phase
from mdf.study.costs.join import with_costs, write_keys
from mdf.study.plan import forecasts
from mdf.study.plan.cell_plan import CellPlan, plan_cells
from mdf.study.request import grid
from mdf.study.request.labels import label_all
from mdf.study.request.loggers import check_loggers, followers
from mdf.study.request.request import read_request
from mdf.study.run import run_trials
from mdf.workers import process
from mdf.workers.time_limit import read_time_limit

if TYPE_CHECKING:
    from mdf.study.store.store import Store


def benchmark(
    *,
    config: str | Path | Mapping[str, Any] | None = None,
    settings: Sequence[str] = (),
    predictor: str | Sequence[str] | None = None,
    runs: str | Path = RUNS,
    name: str = "",
    plugins: Sequence[str] = (),
    loggers: Sequence[str] = (),
    workers: int | None = None,
    time_limit: float | str | None = None,
    retry: str = "",
    retry_hung: bool | None = None,
    rerun: bool = False,
    costs: bool = True,
    force: bool = False,
    train_cost_only: bool = False,
    by_tag: bool = False,
    allow_leaks: bool = False,
    pictures: bool = True,
    observer: Observer | None = None,
    **keys: Any,
) -> StudyReport:
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
        loggers: what else follows the study, e.g. `tensorboard` or `mlflow`; their options are keys of the config
            (`logger={"mlflow": {"uri": "sqlite:///runs.db"}}`).
        workers: trials side by side; by default one a GPU, on the CPU one a core and four at most; fewer where they
            are foreseen not to fit the memory together. No result depends on it.
        time_limit: what each trial may take, in seconds or as `"30m"`; longer, it ends as `timeout`. A trial's
            forecast, each of its measured costs and its pictures may take as long, or 30 minutes without a limit.
        retry: statuses such as `"failed,oom"`: trials that ended so run again, in folders of their own. Otherwise what
            has ended is kept, and what was interrupted or killed goes on.
        retry_hung: whether a forecast or costs that hung are tried again too; by default where `retry` holds `timeout`,
            and with `rerun`.
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
    prepare.check_name(name)
    if workers is not None and workers < 1:
        raise ConfigError(f"`workers` = {workers}: a study needs one", "leave it out, or give 1 or more")
    limit = read_time_limit(time_limit)
    beside = limit or process.PATIENCE  # what goes with a trial: forecast, costs, pictures
    again = SETTLED if rerun else read_statuses(retry, UNWELL) if retry else ()
    hung_again = "timeout" in again if retry_hung is None else retry_hung
    request = read_request(config, settings, predictor, keys)
    catalog = with_asked(plugins, watcher)
    configs = grid.cells(request, catalog)
    make_folder(folder)
    store = _store(folder, watcher)
    listeners = [*catalog.listeners, *followers(loggers, request.loggers, catalog)]
    with prepare.helper(folder) as worker:
        surveyed = prepare.survey(
            *(configs, plugins, folder, watcher, worker),
            fill_cache=True,
            allow_leaks=allow_leaks,
            strict=request.names_predictors,
        )
        trials, study = prepare.plan_trials(configs, surveyed, folder, name, again)
        warned = [
            *write_skipped((cell.unreadable for cell in surveyed), study),
            *dict.fromkeys(leak for cell in surveyed for leak in cell.leaks),
        ]
        for note in warned:
            watcher.warned(note)
        dear = set() if train_cost_only else forecasts.cost_only(trials, catalog)
        if costs or not force:
            forecasted = forecasts.Forecaster(plugins, folder, watcher, worker, beside, hung_again).forecast(trials)
            trials = list(forecasted.cells)
        else:
            trials = forecasts.without_forecasts(trials)
    if not force:
        coming = [trial for trial in trials if trial.id not in dear and settled(trial.folder) is None]
        forecasts.refuse_too_large(coming, forecasted.forecasts, forecasted.memory)
        workers = forecasts.fitting_workers(coming, forecasted.forecasts, forecasted.memory, workers, watcher)
    left_out = {
        config.predictor.name: cell.left_out
        for config, cell in zip(configs, surveyed, strict=True)
        if config.predictor and cell.left_out
    }
    costly = [trial.label for trial in trials if trial.id in dear]
    told = [
        *(f"{label} is left out: {why}" for label, why in left_out.items()),
        *(f"{label}: costs alone, measured in one step; `--train-fullres` trains it" for label in costly),
        *warned,
    ]
    trained = [trial for trial in trials if trial.id not in dear]
    write_study(study, {trial.id: trial.label for trial in trials}, told)
    write_keys(study, trials, dear)
    observed = followed.Followed(followed.study_of(trained, study), listeners, watcher)
    observed.start()
    found = run_trials(trained, plugins, observed, store, workers, limit)
    if costs:
        phase.measure_trials(trials, dear, plugins, folder, watcher, beside, hung_again)
    found = with_costs(found, study)
    report = judged_or_told(StudyReport(study, found, notes_of(found, told)), plugins, watcher, by_tag)
    observed.end(report.ok, _write(report, plugins, watcher, pictures, beside))
    return report


def _store(runs: Path, watcher: Observer) -> Store:
    """The results store, which takes a while to import; results that it could not read are told."""
    from mdf.study.store.store import open_store

    store = open_store(runs)
    for damage in store.damaged:
        watcher.warned(damage)
    return store


def _write(report: StudyReport, plugins: Sequence[str], watcher: Observer, pictures: bool, limit: float) -> list[Path]:
    """The report's files, written; a picture that cannot be drawn costs no table."""
    files = publish(report, report.folder, plugins, watcher, pictures, limit)
    try:
        drawn = picture.study_picture(report.results, report.folder / "report.png")
    except (OSError, ValueError, KeyError, MdfError) as error:
        watcher.warned(f"the study's picture could not be drawn: {error}")
        drawn = None
    return [*files, *([drawn] if drawn else [])]


def dry_run(
    *, runs: str | Path = RUNS, plugins: Sequence[str] = (), observer: Observer | None = None, **keys: Any
) -> list[tuple[str, ExperimentConfig, str]]:
    """The resolved cells that `benchmark` would run: label, config, and why it would be left out ("" = it would not).

    Opens the data sets and checks every component, but decodes and trains nothing.
    """
    watcher = observer or Quiet()
    configs, strict = _cells(plugins, watcher, **keys)
    with prepare.helper(Path(runs)) as worker:
        surveyed = prepare.survey(configs, plugins, Path(runs), watcher, worker, fill_cache=False, strict=strict)
    labels = label_all(configs)
    return [(label, cell.config, cell.left_out) for label, cell in zip(labels, surveyed, strict=True)]


def plan(
    *, runs: str | Path = RUNS, plugins: Sequence[str] = (), observer: Observer | None = None, **keys: Any
) -> list[CellPlan]:
    """What each cell that `benchmark` of the same arguments would run will take: memory, arithmetic and time.

    Nothing is trained but a few tiny steps, to estimate times; forecasts are kept in `runs` for the study to come.
    """
    folder, watcher = Path(runs), observer or Quiet()
    configs, strict = _cells(plugins, watcher, **keys)
    with prepare.helper(folder) as worker:
        surveyed = prepare.survey(configs, plugins, folder, watcher, worker, fill_cache=False, strict=strict)
        labelled = enumerate(zip(label_all(configs), surveyed, strict=True))
        found = [LabelledCell(str(number), label, cell) for number, (label, cell) in labelled if not cell.left_out]
        forecasted = forecasts.Forecaster(plugins, folder, watcher, worker).forecast(found)
        dear = forecasts.cost_only(found, Catalog.discover(plugins))
        return plan_cells(forecasted, dear, plugins, worker, watcher)


def cells(*, plugins: Sequence[str] = (), **keys: Any) -> list[ExperimentConfig]:
    """The configs that `benchmark` of the same arguments would run; decided without torch."""
    return _cells(plugins, Quiet(), **keys)[0]


def _cells(
    plugins: Sequence[str],
    watcher: Observer,
    config: str | Path | Mapping[str, Any] | None = None,
    settings: Sequence[str] = (),
    predictor: str | Sequence[str] | None = None,
    loggers: Sequence[str] = (),
    **keys: Any,
) -> tuple[list[ExperimentConfig], bool]:
    """The configs of a grid, and whether its predictors were asked for by name."""
    request = read_request(config, settings, predictor, keys)
    catalog = with_asked(plugins, watcher)
    configs = grid.cells(request, catalog)
    check_loggers(loggers, request.loggers, catalog)
    return configs, request.names_predictors
