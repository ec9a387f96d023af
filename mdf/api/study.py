"""Studies: compared, trained, planned, or only resolved. All take the same request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mdf.api import together
from mdf.api.catalog import open_catalog
from mdf.api.conduct import Cells, conduct
from mdf.api.quiet import Quiet
from mdf.core.config import ExperimentConfig, to_table
from mdf.core.errors import ConfigError
from mdf.core.plain import Table
from mdf.report.report import StudyReport
from mdf.runs.attempts import FAILURES
from mdf.runs.observer import Observer
from mdf.study import prepare
from mdf.study.cell import Cell, LabelledCell
from mdf.study.plan import forecasts
from mdf.study.plan.cell_plan import CellPlan, plan_cells
from mdf.study.request import grid
from mdf.study.request.labels import label_all
from mdf.study.request.loggers import check_loggers
from mdf.study.request.read import read_grid
from mdf.study.request.request import Keyword, StudyRequest
from mdf.workers.executor import Helper


@dataclass(frozen=True, slots=True)
class ResolvedCell:
    """A cell of a study, with every default filled in.

    Attributes:
        left_out: why the study would not run it; "" if it would.
        config: the resolved configuration, as a table of its `config.toml`.
    """

    label: str
    left_out: str
    config: Table


def benchmark(
    request: StudyRequest | None = None, /, *, observer: Observer | None = None, **keywords: Keyword
) -> StudyReport:
    """Compare configurations: train, score and tabulate every cell of a grid.

    `mdf.benchmark(encoder=["unet", "resnet18"], loss="l1", size=64, workers=2)`, or
    `mdf.benchmark(suite="real", data_root="scenes/", model=["mdf-base"])`: each keyword is a key of an experiment
    config, whose list of values is an axis of the grid, or a field of `StudyRequest`. Keywords change `request`, if
    that is given. `observer` follows the study.

    Raises:
        MdfError: a name, option, path or config that cannot be used, before anything is trained.
        KeyboardInterrupt: Ctrl-C; results that were finished are kept.
    """
    asked, watcher = StudyRequest.of(keywords, request), observer or Quiet()
    prepare.check_name(asked.name)
    asked.check()
    return conduct(asked, _cells(asked, watcher), watcher)


def train(
    request: StudyRequest | None = None, /, *, observer: Observer | None = None, **keywords: Keyword
) -> StudyReport:
    """Train and score one configuration: a study of one cell, whose result is `report.results[0]`.

    The arguments are those of `benchmark`. `init` names a run to begin with: its weights, statistics and depth scale.
    A trial that ended well is not run again; one that did not is. In the first process of `torchrun`, the others train
    with it.

    Raises as `benchmark`, and ConfigError if several configurations are asked for.
    """
    asked, watcher = StudyRequest.of({"predictor": [], **keywords}, request), observer or Quiet()
    if (started := together.processes()) is not None:
        asked = replace(asked, keys={"devices": started, **asked.keys})
    with together.others_wait():
        return _train(asked, watcher)


def _train(asked: StudyRequest, watcher: Observer) -> StudyReport:
    asked = replace(
        asked,
        retry=",".join(FAILURES),
        retry_hung=asked.rerun,  # a forecast is no trial: one that hung is tried again only with `rerun`
        costs=False,
        train_cost_only=True,
        pictures=False,
    )
    prepare.check_name(asked.name)
    asked.check()
    several = read_grid(asked)
    one = _cells(asked, watcher, replace(several, table={"encoder": "unet", **several.table}))
    if len(one.configs) != 1 or not one.configs[0].trains:
        what = "a method without training" if len(one.configs) == 1 else f"{len(one.configs)} configurations"
        raise ConfigError(f"this asks for {what}, and one network can be trained", "`mdf benchmark` compares several")
    return conduct(asked, one, watcher)


def dry_run(
    request: StudyRequest | None = None, /, *, observer: Observer | None = None, **keywords: Keyword
) -> list[ResolvedCell]:
    """The resolved cells that `benchmark` of the same arguments would run.

    Opens the data sets and checks every component, but decodes no sample and trains nothing.
    """
    asked, watcher = StudyRequest.of(keywords, request), observer or Quiet()
    asked.check()
    asked_cells = _cells(asked, watcher)
    with prepare.helper(Path(asked.runs)) as worker:
        surveyed = _survey(asked, asked_cells, watcher, worker)
    labels = label_all(asked_cells.configs)
    return [
        ResolvedCell(label, cell.left_out, to_table(cell.config)) for label, cell in zip(labels, surveyed, strict=True)
    ]


def plan(
    request: StudyRequest | None = None, /, *, observer: Observer | None = None, **keywords: Keyword
) -> list[CellPlan]:
    """What each cell that `benchmark` of the same arguments would run will take: memory, arithmetic and time.

    Trains nothing but a few tiny steps, to estimate times. Forecasts are kept in `runs`, for the study to come.
    """
    asked, watcher = StudyRequest.of(keywords, request), observer or Quiet()
    asked_cells, runs = _cells(asked, watcher), Path(asked.runs)
    with prepare.helper(runs) as worker:
        surveyed = _survey(asked, asked_cells, watcher, worker)
        labelled = enumerate(zip(label_all(asked_cells.configs), surveyed, strict=True))
        planned = [LabelledCell(str(number), label, cell) for number, (label, cell) in labelled if not cell.left_out]
        forecasted = forecasts.Forecaster(asked.plugins, runs, watcher, worker).forecast(planned)
        cost_only = forecasts.cost_only(planned, asked_cells.catalog)
        return plan_cells(forecasted, cost_only, asked.plugins, worker, watcher)


def cells(request: StudyRequest | None = None, /, **keywords: Keyword) -> Sequence[ExperimentConfig]:
    """The configs that `benchmark` of the same arguments would run; decided without torch."""
    return _cells(StudyRequest.of(keywords, request), Quiet()).configs


def _survey(request: StudyRequest, asked: Cells, observer: Observer, worker: Helper) -> list[Cell]:
    """Every cell, checked on its data without decoding them."""
    return prepare.survey(
        asked.configs, request.plugins, Path(request.runs), observer, worker, fill_cache=False, strict=asked.strict
    )


def _cells(request: StudyRequest, observer: Observer, asked: grid.Grid | None = None) -> Cells:
    """The cells of the grid `asked`, else of the request's own. Every logger's name and options are checked."""
    wanted = asked or read_grid(request)
    catalog = open_catalog(request.plugins, observer)
    configs = grid.cells(wanted, catalog)
    check_loggers(request.loggers, wanted.loggers, catalog)
    return Cells(configs, catalog, wanted.loggers, strict=wanted.names_predictors)
