"""A report as plain data: what `report.json` and `--json` hold. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, cast

from mdf.core.files import finite
from mdf.core.plain import Plain, Table
from mdf.report.rows import Row
from mdf.report.verdict.verdict import Comparison, Delta, Estimate
from mdf.runs.result import TrialResult

if TYPE_CHECKING:
    from mdf.report.report import StudyReport


@dataclass(frozen=True, slots=True)
class ColumnRecord:
    """One column and what its numbers mean."""

    title: str
    key: str
    direction: str
    condition: str
    protocol: Table


@dataclass(frozen=True, slots=True)
class RowRecord:
    """One configuration: its trials' ids, its values by column title, and the titles of the columns it is best in."""

    label: str
    seeds: Sequence[Plain]
    trials: Sequence[str]
    failed: Sequence[str]
    values: Mapping[str, Estimate]
    best: Sequence[str]


@dataclass(frozen=True, slots=True)
class FrontRecord:
    """The Pareto front: titles of its columns, labels of its rows."""

    columns: Sequence[str]
    rows: Sequence[str]


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """One trial."""

    id: str
    label: str
    status: str
    reason: str
    scores: Mapping[str, float]
    costs: Mapping[str, float]
    best_step: int | None
    split_by: str
    config: Table
    environment: Table
    folder: str


@dataclass(frozen=True, slots=True)
class ReportRecord:
    """All of `report.json`. `complete` says whether every trial has scores."""

    folder: str
    complete: bool
    notes: Sequence[str]
    columns: Sequence[ColumnRecord]
    rows: Sequence[RowRecord]
    comparisons: Sequence[Comparison]
    single_task: Sequence[Delta]
    front: FrontRecord
    trials: Sequence[TrialRecord]


def to_dict(report: StudyReport) -> dict[str, Plain]:
    """The report as plain data; NaN and infinity, which JSON does not have, become None."""
    return cast(dict[str, Plain], finite(asdict(_report_record(report))))


def _report_record(report: StudyReport) -> ReportRecord:
    best = {column.title: report.best(column) for column in report.columns}
    return ReportRecord(
        folder=str(report.folder),
        complete=report.ok,
        notes=list(report.notes),
        columns=[ColumnRecord(c.title, c.key, c.direction, c.condition, dict(c.protocol)) for c in report.columns],
        rows=[_row_record(report, row, best) for row in report.rows],
        comparisons=report.verdict.comparisons,
        single_task=report.verdict.deltas,
        front=FrontRecord([c.title for c in report.front_columns], [row.label for row in report.front]),
        trials=[_trial_record(result) for result in report.results],
    )


def _row_record(report: StudyReport, row: Row, best: Mapping[str, Sequence[Row]]) -> RowRecord:
    estimates = {column.title: report.estimate(row, column) for column in report.columns}
    return RowRecord(
        label=row.label,
        seeds=[trial.config.get("seed") for trial in row.done] if row.is_random else [],
        trials=[trial.id for trial in row.trials],
        failed=[trial.id for trial in row.failed],
        values={title: estimate for title, estimate in estimates.items() if estimate is not None},
        best=[title for title, rows in best.items() if row in rows],
    )


def _trial_record(result: TrialResult) -> TrialRecord:
    return TrialRecord(
        id=result.id,
        label=result.label,
        status=result.status,
        reason=result.reason,
        scores=dict(result.scores),
        costs=dict(result.costs),
        best_step=result.best_step,
        split_by=result.split_by,
        config=result.config,
        environment=dict(result.stamp),
        folder=result.folder,
    )
