"""`StudyReport`: a study's results as rows and columns, what is best, and how certain that is. Torch-free."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from mdf.core.plain import Plain
from mdf.report import front
from mdf.report.columns import ABSENT, TableColumn, columns_of, format_value
from mdf.report.formats.to_json import to_dict
from mdf.report.formats.to_markdown import to_markdown
from mdf.report.notes import incomplete_note
from mdf.report.rows import Row, rows_of
from mdf.report.verdict.verdict import Estimate, Verdict
from mdf.runs.result import TrialResult


@dataclass(frozen=True)
class StudyReport:
    """The results of one study, in the order of its cells.

    Attributes:
        folder: the study's folder.
        results: one per trial, failed ones included.
        notes: what a reader must know to read the table right.
        verdict: what the stored statistics say; empty until `add_verdict` was called.
        unended: number of trials without a result: killed, or not yet started.
    """

    folder: Path
    results: Sequence[TrialResult]
    notes: Sequence[str] = ()
    verdict: Verdict = field(default_factory=Verdict)
    unended: int = 0

    @property
    def ok(self) -> bool:
        """Whether every trial has scores."""
        return not self.unended and all(result.ok for result in self.results)

    @property
    def incomplete(self) -> str:
        """How many trials have no scores, why, and what to run; "" if all have scores."""
        return incomplete_note(self.results, self.unended)

    @cached_property
    def rows(self) -> list[Row]:
        """One per configuration, over its seeds."""
        return rows_of(self.results)

    @cached_property
    def columns(self) -> list[TableColumn]:
        """Score columns, each followed by its columns by condition, then costs."""
        return [column for whole in columns_of(self.results) for column in (whole, *self.by_condition(whole))]

    def by_condition(self, whole: TableColumn) -> list[TableColumn]:
        """The columns that hold the same score for the samples of one condition each."""
        columns = self.verdict.condition_columns
        return [column for column in columns if replace(column, title=whole.title, condition="") == whole]

    def estimate(self, row: Row, column: TableColumn) -> Estimate | None:
        """A row's value in a column; None if it has none."""
        judged = self.verdict.estimates.get(row.label, {}).get(column.title)
        if judged is not None or column.condition:
            return judged
        values = row.values(column)
        return Estimate(sum(values) / len(values), None, len(values)) if values else None

    def text(self, row: Row, column: TableColumn) -> str:
        """A row's value in a column as it is printed, with its interval if that is known."""
        estimate = self.estimate(row, column)
        if estimate is None or (column.key == "parameters" and estimate.value == 0):
            return ABSENT
        text = format_value(column.key, estimate.value)
        return text if estimate.half_width is None else f"{text} ± {format_value(column.key, estimate.half_width)}"

    def best(self, column: TableColumn) -> list[Row]:
        """The best row of a column and those that are statistically indistinguishable from it.

        Costs are ranked among networks only, and only if all were measured in one environment. Columns by condition
        are not compared, so they have no best row.
        """
        values = {} if column.condition else self._ranked_values(column)
        if len(values) < 2:
            return []
        top = (max if column.higher_is_better else min)(values, key=lambda label: values[label])
        return [row for row in self.rows if row.label in values and self._is_as_good(column, row.label, top, values)]

    def _ranked_values(self, column: TableColumn) -> dict[str, float]:
        """Values of the rows that may be ranked in a column, by label."""
        rows = self.rows
        if column.is_cost:
            rows = [row for row in rows if any(trial.costs.get("parameters") for trial in row.done)]
            if len({json.dumps(t.stamp, sort_keys=True, default=str) for row in rows for t in row.done}) > 1:
                return {}
        estimates = {row.label: self.estimate(row, column) for row in rows}
        return {label: estimate.value for label, estimate in estimates.items() if estimate is not None}

    def _is_as_good(self, column: TableColumn, label: str, top: str, values: Mapping[str, float]) -> bool:
        if self.verdict.estimates and not column.is_cost:
            return label == top or self.verdict.call(column.title, top, label) == "cannot tell"
        return format_value(column.key, values[label]) == format_value(column.key, values[top])

    @cached_property
    def front(self) -> list[Row]:
        """The Pareto front: the rows that no other row dominates in `front_columns`."""
        return front.pareto_front(self.rows, self.front_columns, self.estimate, self.verdict)

    @cached_property
    def front_columns(self) -> list[TableColumn]:
        """The columns of the Pareto front: the headline score of each task, latency and peak memory."""
        return front.default_columns(self.columns)

    def to_dict(self) -> dict[str, Plain]:
        """Plain data for `--json` and files; NaN and infinity become None."""
        return to_dict(self)

    def to_markdown(self) -> str:
        """The table in Markdown, best values in bold, with notes and failures below."""
        return to_markdown(self)
