"""The page's section "Results": the best values, and the table of all configurations. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from mdf.report.columns import TableColumn, headlines
from mdf.report.page.row_style import RowStyle, style_of
from mdf.report.report import StudyReport
from mdf.report.rows import Row, row_name

MOST_NAMED = 6
"""Number of rows that are listed as indistinguishable from the best one; of the others only the number is given."""


@dataclass(frozen=True, slots=True)
class Leader:
    """The best row of one headline score, and the rows that are statistically indistinguishable from it."""

    title: str
    value: str
    label: str
    indistinguishable: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading. `first_order` is how the table is sorted at the first click: the best value on top."""

    title: str
    arrow: str
    direction: str
    first_order: str
    tooltip: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """One value: its text, the number to sort by, and whether it is the best of its column or indistinguishable."""

    text: str
    sort_value: str | None
    best: bool
    hidden: bool
    tooltip: str


@dataclass(frozen=True, slots=True)
class TableRow:
    """One configuration."""

    label: str
    name: str
    style: RowStyle
    failed: bool
    on_front: bool
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Results:
    """The section. `front_columns` are the titles of the Pareto front's columns; empty if there is no front."""

    leaders: Sequence[Leader]
    headings: Sequence[Heading]
    rows: Sequence[TableRow]
    front_columns: Sequence[str]
    notes: Sequence[str]

    @property
    def has_hidden_columns(self) -> bool:
        """Whether some columns are shown only on request."""
        return any(heading.hidden for heading in self.headings)


def results_of(report: StudyReport) -> Results:
    """The section. Scores by condition are left to their plot."""
    columns = [column for column in report.columns if not column.condition]
    best = {column.title: report.best(column) for column in columns}
    return Results(
        leaders=[leader for column in headlines(columns) if (leader := _leader(report, column))],
        headings=[_heading(column) for column in columns],
        rows=[
            TableRow(
                label=row.label,
                name=row_name(row),
                style=style_of(number),
                failed=bool(row.failed),
                on_front=row in report.front,
                cells=[_cell(report, row, column, row in best[column.title]) for column in columns],
            )
            for number, row in enumerate(report.rows)
        ],
        front_columns=[column.title for column in report.front_columns] if report.front else [],
        notes=report.notes,
    )


def top_row(report: StudyReport, column: TableColumn) -> Row | None:
    """The row with the best value of a column; None if the column has no best row."""
    estimates = [(report.estimate(row, column), row) for row in report.best(column)]
    values = [(estimate.value, row) for estimate, row in estimates if estimate is not None]
    pick = max if column.higher_is_better else min
    return pick(values, key=lambda pair: pair[0])[1] if values else None


def _leader(report: StudyReport, column: TableColumn) -> Leader | None:
    top = top_row(report, column)
    if top is None:
        return None
    others = [row.label for row in report.best(column) if row is not top]
    more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
    return Leader(
        title=f"best {column.title}",
        value=report.text(top, column),
        label=top.label,
        indistinguishable=f"{'; '.join(others[:MOST_NAMED])}{more}",
    )


def _heading(column: TableColumn) -> Heading:
    protocol = "; ".join(f"{key}: {value}" for key, value in column.protocol.items() if value not in ("", None))
    return Heading(
        title=column.title,
        arrow="↑" if column.higher_is_better else "↓",
        direction=column.direction,
        first_order="descending" if column.higher_is_better else "ascending",
        tooltip=protocol or "cost",
        hidden=not column.is_main,
    )


def _cell(report: StudyReport, row: Row, column: TableColumn, best: bool) -> Cell:
    estimate = report.estimate(row, column)
    is_single_run = estimate is not None and row.single_run and not column.is_cost
    return Cell(
        text=report.text(row, column),
        sort_value=repr(estimate.value) if estimate is not None and isfinite(estimate.value) else None,
        best=best,
        hidden=not column.is_main,
        tooltip="1 seed: the spread over seeds is unknown" if is_single_run else "",
    )
