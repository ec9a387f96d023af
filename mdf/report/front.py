"""The Pareto front: the rows that no other row dominates. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from mdf.report.columns import HIGHER_IS_BETTER, Column

if TYPE_CHECKING:
    from mdf.report.report import StudyReport
    from mdf.report.rows import Row

DEFAULT = ("mask/iou", "depth/rmse", "latency_p50", "peak_memory")
"""Keys of the columns that a front is drawn over where none are chosen, of those that are there."""
ALIKE = 0.05
"""Costs that differ by no more than this part of the smaller one are alike: measured twice, they differ too."""


def default_columns(columns: Sequence[Column]) -> list[Column]:
    """The first column of each key in DEFAULT."""
    found: dict[str, Column] = {}
    for column in columns:
        if column.key in DEFAULT and not column.group:
            found.setdefault(column.key, column)
    return [found[key] for key in DEFAULT if key in found]


def front(report: StudyReport, columns: Sequence[Column] | None = None) -> list[Row]:
    """The rows with a value in every column that no other such row dominates; none where there is no other.

    A row dominates another where it is better in one column or more and alike in all others. Scores are better as
    the verdict says, and alike only where they are the same: what one cannot tell apart protects a row. Costs are
    better by more than ALIKE, and compared within one environment alone.
    """
    chosen = report.front_columns if columns is None else columns
    if not chosen:
        return []
    rows = [row for row in report.rows if all(report.estimate(row, column) is not None for column in chosen)]
    if len(rows) < 2:
        return []
    return [row for row in rows if not any(dominates(report, other, row, chosen) for other in rows if other != row)]


def dominates(report: StudyReport, one: Row, other: Row, columns: Sequence[Column]) -> bool:
    """Whether `one` is better than `other` in a column or more, and alike in the rest."""
    found = [_standing(report, one, other, column) for column in columns]
    return "better" in found and set(found) <= {"better", "alike"}


def _standing(report: StudyReport, one: Row, other: Row, column: Column) -> Literal["better", "alike", "open"]:
    mine, its = report.estimate(one, column), report.estimate(other, column)
    assert mine is not None
    assert its is not None
    if column.is_cost:
        if one.done[0].stamp != other.done[0].stamp:
            return "open"
        if mine.value == its.value or abs(mine.value - its.value) <= ALIKE * min(abs(mine.value), abs(its.value)):
            return "alike"
        return "better" if (mine.value > its.value) == (column.direction == HIGHER_IS_BETTER) else "open"
    call = report.verdict.call(column.title, one.label, other.label)
    if call == "better":
        return "better"
    return "alike" if mine.value == its.value and call == "cannot tell" else "open"
