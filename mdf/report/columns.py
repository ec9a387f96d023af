"""The columns of a study's table: each score with its protocol, each condition, each cost. Torch-free."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mdf.runs.result import TrialResult, score_title
from mdf.study.costs.columns import COST_COLUMNS, COSTS

ABSENT = "–"
HIGHER_IS_BETTER = "higher"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table. Scores of different protocols have different columns.

    Attributes:
        title: what stands above it, with the unit; no two columns of a table have one title.
        key: where its values lie: a score's `task/metric` (`task/metric@data`) or a cost's name.
        direction: `higher` or `lower` is better.
        protocol: (scores) everything that decides what the number means; empty for costs.
        options: (scores) the metric's own options.
        group: (scores) the condition whose samples alone are scored, e.g. `shadow`; "" = all.
    """

    title: str
    key: str
    direction: str
    protocol: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    group: str = ""

    @property
    def is_cost(self) -> bool:
        """Whether it tells a cost, not a score."""
        return not self.protocol

    @property
    def on(self) -> str:
        """The label of the data set that it is a score on; "" = the test split."""
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
        """Whether it is printed by default: every score, and the main costs."""
        return not self.is_cost or COSTS[self.key].main

    def value(self, result: TrialResult) -> float | None:
        """One trial's value over all samples; None where it has none."""
        if self.is_cost:
            return result.costs.get(self.key)
        alike = any(c["key"] == self.key and protocol_of(c) == dict(self.protocol) for c in result.columns)
        value = result.scores.get(self.key) if alike else None
        return None if value is None or value != value else value


def format_value(key: str, value: float) -> str:
    """A number with the digits that are worth reading."""
    if key in COSTS:
        return COSTS[key].text(value)
    return f"{value:.3f}" if abs(value) < 1000 else f"{value:.4g}"


def columns_of(results: Sequence[TrialResult]) -> list[Column]:
    """The score columns in the tasks' order, then the costs."""
    scores: dict[str, Column] = {}
    for result in results:
        for found in result.columns:
            protocol = protocol_of(found)
            identity = json.dumps([found["key"], protocol], sort_keys=True)
            options = found.get("options", {})
            scores.setdefault(
                identity, Column(_title_of(found), found["key"], protocol["direction"], protocol, options)
            )
    groups = [_group(c) for c in scores.values()]
    ordered = _told_apart(sorted(scores.values(), key=lambda c: groups.index(_group(c))))
    known = {key for result in results for key in result.costs}
    return ordered + [Column(c.title, c.key, c.direction) for c in COST_COLUMNS if c.key in known]


def protocol_of(described: Mapping[str, Any]) -> dict[str, Any]:
    """The protocol of a described score, with the metric's options, which are part of it."""
    return {**described["protocol"], **described.get("options", {})}


def _title_of(described: Mapping[str, Any]) -> str:
    return score_title(described["task"], described["label"], described["protocol"]["unit"], described.get("on", ""))


def _group(column: Column) -> tuple[str, str]:
    """Columns of one data set stand together, and in it those of one task."""
    return column.on, column.task


def _told_apart(columns: Sequence[Column]) -> list[Column]:
    """The columns with titles of their own: where two have one, each says what its protocol has of its own."""
    shared = {c.title: [o.protocol for o in columns if o.title == c.title] for c in columns}

    def own_title(column: Column) -> str:
        alike = shared[column.title]
        differing = {k: v for k, v in column.protocol.items() if any(other.get(k) != v for other in alike)}
        own = ", ".join(f"{key} {value}" for key, value in differing.items())
        return f"{column.title} ({own})" if own else column.title

    return [replace(column, title=own_title(column)) for column in columns]
