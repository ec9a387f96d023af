"""The Pareto front: the rows that no other row dominates. Torch-free."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from mdf.report.columns import TableColumn, headlines
from mdf.report.rows import Row
from mdf.report.verdict.verdict import Estimate, Verdict

COST_KEYS = ("latency_p50", "peak_memory")
"""The costs that the front is computed over, as far as a table has them."""
COST_TOLERANCE = 0.05
"""Costs within this fraction of each other count as equal, since repeated measurements differ by as much."""

EstimateOf = Callable[[Row, TableColumn], Estimate | None]
"""A row's value in a column; None if it has none."""


def default_columns(columns: Sequence[TableColumn]) -> list[TableColumn]:
    """The headline score of each task on the test split, and the costs of COST_KEYS."""
    scores = [column for column in headlines(columns) if not column.on]
    return scores + [column for key in COST_KEYS for column in columns if column.key == key]


def pareto_front(
    rows: Sequence[Row], columns: Sequence[TableColumn], estimate: EstimateOf, verdict: Verdict
) -> list[Row]:
    """The rows with a value in every column that no other such row dominates; empty if fewer than two rows qualify.

    A row dominates another if it is better in at least one column and equal in all others. Scores are better as the
    verdict says, and equal only if they are the same number: an undecided comparison never removes a row. Costs are
    better by more than COST_TOLERANCE, and are compared only if they were measured in the same environment.
    """
    if not columns:
        return []
    complete = [row for row in rows if all(estimate(row, column) is not None for column in columns)]
    if len(complete) < 2:
        return []

    def dominates(one: Row, other: Row) -> bool:
        relations = {_relation(one, other, column, estimate, verdict) for column in columns}
        return "better" in relations and relations <= {"better", "equal"}

    return [row for row in complete if not any(dominates(other, row) for other in complete if other != row)]


def _relation(
    one: Row, other: Row, column: TableColumn, estimate: EstimateOf, verdict: Verdict
) -> Literal["better", "equal", "undecided"]:
    ours, theirs = estimate(one, column), estimate(other, column)
    assert ours is not None
    assert theirs is not None
    if column.is_cost:
        if one.done[0].stamp != other.done[0].stamp:
            return "undecided"
        a, b = ours.value, theirs.value
        if a == b or abs(a - b) <= COST_TOLERANCE * min(abs(a), abs(b)):
            return "equal"
        return "better" if (a > b) == column.higher_is_better else "undecided"
    call = verdict.call(column.title, one.label, other.label)
    if call == "better":
        return "better"
    return "equal" if ours.value == theirs.value and call == "cannot tell" else "undecided"
