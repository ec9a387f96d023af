"""The story of a study, from its cells to its report: survey, forecast, trials, costs, report."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mdf.api.verdict import judged_if_possible
from mdf.core.config import ExperimentConfig
from mdf.core.errors import MdfError
from mdf.core.files import check_writable, make_folder
from mdf.data.skipped import write_skipped
from mdf.models.locate import located
from mdf.registry import Catalog, Listener
from mdf.report import picture
from mdf.report.notes import notes_of
from mdf.report.publish import publish
from mdf.report.report import StudyReport
from mdf.runs.attempts import settled
from mdf.runs.observer import Observer
from mdf.runs.result import TrialResult
from mdf.runs.studies import write_study
from mdf.study import followed, nodes, prepare
from mdf.study.cell import Cell
from mdf.study.costs import phase
from mdf.study.costs.join import with_costs, write_keys
from mdf.study.costs.memory_fit import Memory
from mdf.study.costs.runtimes.phase import measure_in_runtimes
from mdf.study.costs.runtimes.request import CostRuntime, runtimes_of
from mdf.study.plan import forecasts
from mdf.study.prepare import StudyTrial
from mdf.study.request.loggers import Options, followers
from mdf.study.request.request import StudyRequest
from mdf.study.run import run_trials
from mdf.workers.executor import Executor, Helper
from mdf.workers.open import open_executor


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a study, before anything is opened.

    Attributes:
        loggers: the options of loggers, by name.
        strict: whether a predictor that does not suit the data is an error; else it is left out.
    """

    configs: Sequence[ExperimentConfig]
    catalog: Catalog
    loggers: Options
    strict: bool


@dataclass(frozen=True, slots=True)
class _Study:
    """A study whose trials are known.

    Attributes:
        trials: all, in the order of the cells.
        cost_only: ids of the trials that are measured and not trained.
        notes: what a reader of the report must know.
        workers: concurrent trials; None = as many as suit the device.
        executor: where they run.
        machine: the memory of one machine there.
        memory: bytes of main memory that a trial takes, by its id, if known.
        runtimes: where else costs are measured.
    """

    request: StudyRequest
    observer: Observer
    folder: Path
    trials: Sequence[StudyTrial]
    cost_only: Collection[str]
    notes: Sequence[str]
    workers: int | None
    executor: Executor
    machine: Memory
    memory: Mapping[str, float]
    runtimes: Sequence[CostRuntime]

    @property
    def trained(self) -> list[StudyTrial]:
        """The trials that are trained."""
        return [trial for trial in self.trials if trial.id not in self.cost_only]

    @property
    def runs(self) -> Path:
        """The folder of the results."""
        return Path(self.request.runs)


def conduct(request: StudyRequest, cells: Cells, observer: Observer) -> StudyReport:
    """Run the study of `cells` as `request` says, and report it. Raises as `mdf.api.benchmark`."""
    runs = Path(request.runs)
    make_folder(runs)
    check_writable(runs)
    listeners = [*cells.catalog.listeners, *followers(request.loggers, cells.loggers, cells.catalog)]
    with open_executor(request.executor, request.shared, request.tries) as executor:
        study = _prepared(request, cells, observer, executor)
        return _run(study, listeners)


def _run(study: _Study, listeners: Sequence[Listener]) -> StudyReport:
    """Run its trials, and report them."""
    request, observer = study.request, study.observer
    write_study(study.folder, {trial.id: trial.label for trial in study.trials}, study.notes)
    write_keys(study.folder, study.trials, study.cost_only, study.runtimes)
    follower = followed.Followed(followed.study_of(study.trained, study.folder), listeners, observer)
    follower.start()
    results = run_trials(
        study.trained, request.plugins, follower, study.executor, study.workers, request.seconds, study.memory
    )
    report = _report(study, results)
    follower.end(report.ok, _write(study, report))
    return report


def _prepared(request: StudyRequest, cells: Cells, observer: Observer, executor: Executor) -> _Study:
    """Check every cell on its data, decide the trials, and forecast what they take.

    Raises ConfigError if a trial cannot fit the memory alone.
    """
    runs = Path(request.runs)
    runtimes = runtimes_of(request.runtimes, cells.catalog)
    configs = [located(config, runs) for config in cells.configs]
    machine = nodes.choose_nodes(executor, configs, request.plugins, observer)
    with prepare.helper(runs, executor) as worker:
        surveyed = prepare.survey(
            cells.configs,
            request.plugins,
            runs,
            observer,
            worker,
            fill_cache=True,
            allow_leaks=request.allow_leaks,
            strict=cells.strict,
        )
        trials, folder = prepare.plan_trials(cells.configs, surveyed, runs, request.name, request.again)
        warnings = _warnings(surveyed, folder)
        for warning in warnings:
            observer.warned(warning)
        cost_only = set[str]() if request.train_cost_only else forecasts.cost_only(trials, cells.catalog)
        forecasted, workers, memory = _forecast(request, trials, cost_only, worker, observer, machine, executor)
    notes = [
        *_left_out(cells.configs, surveyed),
        *(
            f"{trial.label}: only its costs are measured, in one step; `--train-cost-only` trains it"
            for trial in forecasted
            if trial.id in cost_only
        ),
        *warnings,
    ]
    return _Study(request, observer, folder, forecasted, cost_only, notes, workers, executor, machine, memory, runtimes)


def _warnings(surveyed: Sequence[Cell], folder: Path) -> list[str]:
    """Samples that are skipped, which are also listed in a file of `folder`, and what the splits share."""
    skipped = write_skipped((cell.unreadable for cell in surveyed), folder)
    return [*skipped, *dict.fromkeys(leak for cell in surveyed for leak in cell.leaks)]


def _forecast(
    request: StudyRequest,
    trials: Sequence[StudyTrial],
    cost_only: Collection[str],
    worker: Helper,
    observer: Observer,
    machine: Memory,
    executor: Executor,
) -> tuple[Sequence[StudyTrial], int | None, Mapping[str, float]]:
    """The trials, each decided to recompute or not; how many run at once: fewer if more do not fit the memory; and the
    main memory that each takes. On a cluster each node takes as many as fit it."""
    if not request.costs and request.force:
        return forecasts.without_forecasts(trials), request.workers, {}
    forecaster = forecasts.Forecaster(
        request.plugins, Path(request.runs), observer, worker, request.patience, request.hung_again, machine
    )
    made = forecaster.forecast(trials)
    memory = forecasts.main_memory(made)
    if request.force:
        return made.cells, request.workers, memory
    coming = [trial for trial in made.cells if trial.id not in cost_only and settled(trial.folder) is None]
    forecasts.refuse_too_large(coming, made.forecasts, made.memory)
    if executor.is_remote:
        return made.cells, request.workers, memory
    workers = forecasts.fitting_workers(coming, made.forecasts, made.memory, request.workers, observer)
    return made.cells, workers, memory


def _left_out(configs: Sequence[ExperimentConfig], surveyed: Sequence[Cell]) -> list[str]:
    """One line for each predictor that does not suit the data."""
    why = {
        config.predictor.name: cell.left_out
        for config, cell in zip(configs, surveyed, strict=True)
        if config.predictor and cell.left_out
    }
    return [f"{predictor} is left out: {reason}" for predictor, reason in why.items()]


def _report(study: _Study, results: Sequence[TrialResult]) -> StudyReport:
    """The results with their costs and the verdict."""
    request = study.request
    if request.costs:
        phase.measure_trials(
            study.trials,
            study.cost_only,
            request.plugins,
            study.runs,
            study.observer,
            study.executor,
            study.machine,
            request.patience,
            request.hung_again,
        )
        measure_in_runtimes(
            study.trials,
            study.runtimes,
            request.plugins,
            study.runs,
            study.observer,
            study.executor,
            request.patience,
        )
    results = with_costs(results, study.folder)
    report = StudyReport(study.folder, results, notes_of(results, study.notes))
    return judged_if_possible(report, request.plugins, study.observer, request.groupings)


def _write(study: _Study, report: StudyReport) -> list[Path]:
    """Write the report's files. If the study's picture cannot be drawn, there is a warning instead."""
    request = study.request
    files = publish(report, report.folder, request.plugins, study.observer, request.pictures, request.patience)
    try:
        drawn = picture.study_picture(report.results, report.folder / "report.png")
    except (OSError, ValueError, KeyError, MdfError) as error:
        study.observer.warned(f"the study's picture could not be drawn: {error}")
        drawn = None
    return [*files, *([drawn] if drawn else [])]
