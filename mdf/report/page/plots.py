"""The data of the page's plots: values with intervals, learning curves, scores by condition. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from mdf.core.errors import MdfError
from mdf.core.files import read_json
from mdf.report.columns import ABSENT, TableColumn, headlines
from mdf.report.page.row_style import COLOURS, style_of
from mdf.report.report import StudyReport
from mdf.report.rows import Row
from mdf.runs.result import TrialResult

HISTORY = "history.json"
DIGITS = 6
DEFAULT_COSTS = ("latency_p50", "peak_memory", "parameters", "train_seconds")
"""The trade-off starts with the first of these on its x axis, as far as it was measured."""
CURVES_TEXT = (
    "Scores on the validation split and training losses of every trial. The large mark is the epoch that was chosen. "
    "The selection score is the mean over tasks of the headline score, scaled so that the untrained network has 0 and "
    "a perfect one has 1."
)
CONDITIONS_TEXT = "Scores on the test samples of each condition. A sample can have several conditions."

Point = tuple[float, float | None]
"""A value in the unit of its column's title, and half of its interval."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """What a plot needs of one epoch in a trial's `history.json`; None stands for NaN."""

    step: int
    losses: Mapping[str, float | None] = field(default_factory=dict)
    scores: Mapping[str, float | None] = field(default_factory=dict)
    selection: float | None = None


EPOCHS = TypeAdapter(list[Epoch])


@dataclass(frozen=True, slots=True)
class PlotRow:
    """How one row is drawn."""

    label: str
    on_front: bool
    colour: str
    plot_symbol: str
    dash: str


@dataclass(frozen=True, slots=True)
class PlotColumn:
    """One column that an axis can show."""

    title: str
    condition: str
    direction: str


@dataclass(frozen=True, slots=True)
class Curve:
    """The training of one trial: by name a series of values, one per entry of `steps`."""

    row: int
    label: str
    best_step: int | None
    steps: Sequence[int]
    series: Mapping[str, Sequence[float | None]]


@dataclass(frozen=True, slots=True)
class ConditionPlot:
    """One score by condition. `columns` are positions in `PlotData.columns`, one per condition."""

    title: str
    conditions: Sequence[str]
    columns: Sequence[int]


@dataclass(frozen=True, slots=True)
class PlotData:
    """All that the page's script draws.

    Attributes:
        values: a point for each row and column; None if there is none.
        first_x, first_y: positions of the columns that the trade-off starts with.
        series: names of all curves' series.
    """

    rows: Sequence[PlotRow]
    columns: Sequence[PlotColumn]
    values: Sequence[Sequence[Point | None]]
    first_x: int
    first_y: int
    curves: Sequence[Curve]
    series: Sequence[str]
    conditions: Sequence[ConditionPlot]


@dataclass(frozen=True, slots=True)
class Plots:
    """The data and, for each plot, the text below it; a plot with nothing to show has no text."""

    data: PlotData
    tradeoff_text: str
    curves_text: str
    conditions_text: str


def plots_of(report: StudyReport) -> Plots:
    """The plots of a report."""
    trials = [(number, trial) for number, row in enumerate(report.rows) for trial in row.done]
    curves = [curve for number, trial in trials if (curve := _curve(trial, number, report.rows[number]))]
    data = PlotData(
        rows=[_row(report, number) for number in range(len(report.rows))],
        columns=[PlotColumn(c.title, c.condition, c.direction) for c in report.columns],
        values=[[_point(report, row, column) for column in report.columns] for row in report.rows],
        first_x=_first_cost(report),
        first_y=next((report.columns.index(column) for column in headlines(report.columns)), 0),
        curves=curves,
        series=list(dict.fromkeys(name for curve in curves for name in curve.series)),
        conditions=_conditions(report),
    )
    return Plots(
        data=data,
        tradeoff_text=_tradeoff_text(report),
        curves_text=CURVES_TEXT if data.curves else "",
        conditions_text=CONDITIONS_TEXT if data.conditions else "",
    )


def _row(report: StudyReport, number: int) -> PlotRow:
    row, style = report.rows[number], style_of(number)
    return PlotRow(row.label, row in report.front, COLOURS[style.colour], style.plot_symbol, style.dash)


def _point(report: StudyReport, row: Row, column: TableColumn) -> Point | None:
    """A row's point in a column. What the table shows no number for, such as a predictor's parameters, has none."""
    estimate = report.estimate(row, column)
    if estimate is None or report.text(row, column) == ABSENT or not isfinite(estimate.value):
        return None
    half_width = None if estimate.half_width is None else estimate.half_width / column.scale
    return estimate.value / column.scale, half_width


def _first_cost(report: StudyReport) -> int:
    positions = {column.key: number for number, column in enumerate(report.columns) if column.is_cost}
    return next((positions[key] for key in DEFAULT_COSTS if key in positions), 0)


def _curve(trial: TrialResult, number: int, row: Row) -> Curve | None:
    """A trial's validation scores and training losses over steps; None if it has no readable history."""
    try:
        epochs = EPOCHS.validate_python(read_json(Path(trial.folder) / HISTORY))
    except (MdfError, ValidationError):
        return None
    if not epochs:
        return None
    scores, losses = [epoch.scores for epoch in epochs], [epoch.losses for epoch in epochs]
    series = {"selection score": [_rounded(epoch.selection) for epoch in epochs]}
    series |= {f"validation {key}": [_rounded(each.get(key)) for each in scores] for key in _keys(scores)}
    series |= {f"training loss of {key}": [_rounded(each.get(key)) for each in losses] for key in _keys(losses)}
    seed = f" · seed {trial.config.get('seed')}" if len(row.trials) > 1 else ""
    return Curve(number, f"{row.label}{seed}", trial.best_step, [epoch.step for epoch in epochs], series)


def _keys(tables: Sequence[Mapping[str, float | None]]) -> list[str]:
    return list(dict.fromkeys(key for table in tables for key in table))


def _rounded(value: float | None) -> float | None:
    """A plot needs no more digits, and a page of many trials becomes smaller."""
    return None if value is None else float(f"{value:.{DIGITS}g}")


def _conditions(report: StudyReport) -> list[ConditionPlot]:
    """One entry per score that is known by condition."""
    positions = {column.title: number for number, column in enumerate(report.columns)}
    wholes = [column for column in report.columns if not column.is_cost and not column.condition]
    return [
        ConditionPlot(whole.title, [part.condition for part in parts], [positions[part.title] for part in parts])
        for whole in wholes
        if (parts := report.by_condition(whole))
    ]


def _tradeoff_text(report: StudyReport) -> str:
    if not report.front:
        return "One mark per configuration."
    columns = ", ".join(column.title for column in report.front_columns)
    rows = "; ".join(row.label for row in report.front)
    return f"A filled mark is on the Pareto front of {columns}. The front: {rows}."
