"""The story of a study, from its cells to its report: survey, forecast, trials, costs, report."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from mdf.api.verdict import judged_if_possible
from mdf.core.config import ExperimentConfig
from mdf.core.errors import MdfError
from mdf.core.files import check_writable, make_folder
from mdf.data.left_out import write_left_out
from mdf.registry import Catalog
from mdf.report import picture
from mdf.report.publish import publish
from mdf.report.report import StudyReport, notes_of
from mdf.runs.attempts import settled
from mdf.runs.observer import Observer
from mdf.runs.result import TrialResult
from mdf.runs.studies import write_study
from mdf.study import followed, run
from mdf.study.cell import Cell
from mdf.study.costs import phase
from mdf.study.costs.join import with_costs, write_keys
from mdf.study.plan import foresee
from mdf.study.request.loggers import Options, followers
from mdf.study.request.request import StudyRequest


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
    """

    request: StudyRequest
    observer: Observer
    folder: Path
    trials: Sequence[run.Trial]
    cost_only: Collection[str]
    notes: Sequence[str]

    @property
    def trained(self) -> list[run.Trial]:
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
    study = _survey(request, cells, observer)
    workers = _forecast(study)
    write_study(study.folder, {trial.id: trial.label for trial in study.trials}, study.notes)
    write_keys(study.folder, study.trials, study.cost_only)
    follower = followed.Followed(followed.study_of(study.trained, study.folder), listeners, observer)
    follower.start()
    results = run.run(study.trained, request.plugins, follower, workers, request.seconds)
    report = _report(study, results)
    follower.end(report.ok, _write(study, report))
    return report


def _survey(request: StudyRequest, cells: Cells, observer: Observer) -> _Study:
    """Check every cell on its data, and decide the trials."""
    runs = Path(request.runs)
    surveyed = run.survey(
        cells.configs,
        request.plugins,
        runs,
        observer,
        fill_cache=True,
        allow_leaks=request.allow_leaks,
        strict=cells.strict,
    )
    trials, folder = run.plan(cells.configs, surveyed, runs, request.name, request.again)
    warnings = [*write_left_out(surveyed, folder), *dict.fromkeys(leak for cell in surveyed for leak in cell.leaks)]
    for warning in warnings:
        observer.warned(warning)
    cost_only = set[str]() if request.train_cost_only else foresee.cost_only(trials, cells.catalog)
    notes = [
        *_left_out(cells.configs, surveyed),
        *(
            f"{trial.label}: only its costs are measured, in one step; `--train-fullres` trains it"
            for trial in trials
            if trial.id in cost_only
        ),
        *warnings,
    ]
    return _Study(request, observer, folder, trials, cost_only, notes)


def _left_out(configs: Sequence[ExperimentConfig], surveyed: Sequence[Cell]) -> list[str]:
    """One line for each predictor that does not suit the data."""
    why = {
        config.predictor.name: cell.left_out
        for config, cell in zip(configs, surveyed, strict=True)
        if config.predictor and cell.left_out
    }
    return [f"{predictor} is left out: {reason}" for predictor, reason in why.items()]


def _forecast(study: _Study) -> int | None:
    """The number of concurrent trials: fewer than asked for if more do not fit the memory.

    Raises ConfigError if a trial cannot fit the memory alone.
    """
    request = study.request
    if not request.costs and request.force:
        return request.workers
    forecasts = foresee.foresee(
        study.trials, request.plugins, study.runs, study.observer, request.patience, request.hung_again
    )
    if request.force:
        return request.workers
    coming = [trial for trial in study.trained if settled(trial.folder) is None]
    foresee.refuse_too_large(coming, forecasts)
    return foresee.lowered(coming, forecasts, request.workers, study.observer)


def _report(study: _Study, results: Sequence[TrialResult]) -> StudyReport:
    """The results with their costs and the verdict."""
    request = study.request
    if request.costs:
        phase.measure(
            study.trials,
            study.cost_only,
            request.plugins,
            study.runs,
            study.observer,
            request.patience,
            request.hung_again,
        )
    results = with_costs(results, study.folder)
    report = StudyReport(study.folder, results, notes_of(results, study.notes))
    return judged_if_possible(report, request.plugins, study.observer, request.by_tag)


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
