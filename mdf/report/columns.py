"""The columns of a study's table: scores with their protocols, scores by condition, costs. Torch-free."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mdf.core.plain import Plain, Table
from mdf.runs.result import TrialResult, score_title
from mdf.study.costs.columns import columns_measured, cost_column

ABSENT = "–"
HIGHER_IS_BETTER = "higher"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of a study's table. Scores that were measured by different protocols have different columns.

    Attributes:
        title: the heading, with the unit; unique in a table.
        key: where a result keeps the value: `task/metric` or `task/metric@data` for a score, a cost's name otherwise.
        direction: `higher` or `lower` is better.
        protocol: (scores) everything that defines the number, the metric's options included; empty for costs.
        options: (scores) the metric's own options.
        condition: (scores) the condition whose samples alone are scored, such as `shadow`; "" = all samples.
    """

    title: str
    key: str
    direction: str
    protocol: Table = field(default_factory=dict)
    options: Table = field(default_factory=dict)
    condition: str = ""

    @property
    def is_cost(self) -> bool:
        """Whether it holds a cost, not a score."""
        return not self.protocol

    @property
    def higher_is_better(self) -> bool:
        """Whether a larger value is better."""
        return self.direction == HIGHER_IS_BETTER

    @property
    def scale(self) -> float:
        """Divide a stored value by it to get the unit in the title."""
        cost = cost_column(self.key)
        return cost.scale if cost else 1.0

    @property
    def on(self) -> str:
        """(scores) The label of the data set that is scored; "" = the test split."""
        return self.key.partition("@")[2]

    @property
    def task(self) -> str:
        """(scores) The task."""
        return self.key.partition("/")[0]

    @property
    def metric(self) -> str:
        """(scores) The metric's name."""
        return self.key.partition("@")[0].partition("/")[2]

    @property
    def is_main(self) -> bool:
        """Whether it is shown by default: every score, and the main costs."""
        cost = cost_column(self.key)
        return cost is None or cost.main

    def value(self, result: TrialResult) -> float | None:
        """One trial's value over all samples; None if it has none."""
        if self.is_cost:
            return result.costs.get(self.key)
        if _protocols(result).get(self.key) != self.protocol:
            return None
        value = result.scores.get(self.key)
        return None if value is None or value != value else value


def format_value(key: str, value: float) -> str:
    """A column's value, rounded for reading, in the unit of the column's title."""
    if cost := cost_column(key):
        return cost.text(value)
    return f"{value:.3f}" if abs(value) < 1000 else f"{value:.4g}"


def score_columns(result: TrialResult) -> list[TableColumn]:
    """The columns of one trial's scores, in the order of its configuration. Their titles may be equal."""
    protocols = _protocols(result)
    return [
        TableColumn(
            title=score_title(column["task"], column["label"], str(column["protocol"]["unit"]), column.get("on", "")),
            key=column["key"],
            direction=str(column["protocol"]["direction"]),
            protocol=protocols[column["key"]],
            options=column.get("options", {}),
        )
        for column in result.columns
    ]


def _protocols(result: TrialResult) -> dict[str, Table]:
    """What each score of a trial means, by its key: the metric's protocol with the metric's own options."""
    return {column["key"]: {**column["protocol"], **column.get("options", {})} for column in result.columns}


def columns_of(results: Sequence[TrialResult]) -> list[TableColumn]:
    """The columns of a table: scores grouped by data set and task, then costs."""
    scores: dict[str, TableColumn] = {}
    for column in (column for result in results for column in score_columns(result)):
        identity = json.dumps([column.key, column.protocol], sort_keys=True)
        scores.setdefault(identity, column)
    groups = list(dict.fromkeys((column.on, column.task) for column in scores.values()))
    ordered = sorted(scores.values(), key=lambda column: groups.index((column.on, column.task)))
    measured = columns_measured(key for result in results for key in result.costs)
    costs = [TableColumn(cost.title, cost.key, cost.direction) for cost in measured]
    return [*_with_unique_titles(ordered), *costs]


def headlines(columns: Iterable[TableColumn]) -> list[TableColumn]:
    """The first score column of each task on each data set."""
    first: dict[tuple[str, str], TableColumn] = {}
    for column in columns:
        if not column.is_cost and not column.condition:
            first.setdefault((column.task, column.on), column)
    return list(first.values())


def _with_unique_titles(columns: Sequence[TableColumn]) -> list[TableColumn]:
    """The columns; those that share a title get the parts of their protocols that differ added to it."""
    protocols: dict[str, list[Mapping[str, Plain]]] = {}
    for column in columns:
        protocols.setdefault(column.title, []).append(column.protocol)

    def unique_title(column: TableColumn) -> str:
        others = protocols[column.title]
        differing = {k: v for k, v in column.protocol.items() if any(other.get(k) != v for other in others)}
        addition = ", ".join(f"{key} {value}" for key, value in differing.items())
        return f"{column.title} ({addition})" if addition else column.title

    return [replace(column, title=unique_title(column)) for column in columns]
