"""The page's sections "Verdict" and "Single-task": every configuration against the best one, and Δm. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mdf.report.columns import TableColumn, format_value, headlines
from mdf.report.page.results import top_row
from mdf.report.report import StudyReport
from mdf.report.verdict.verdict import OPPOSITE, Comparison, Delta

MINUS = "−"


@dataclass(frozen=True, slots=True)
class ComparisonLine:
    """One configuration against the best: its difference from the best, with interval, p-value and verdict.

    `call` is `better`, `worse`, `cannot tell`, or "" for a single run; it chooses the colour of `words`.
    """

    label: str
    difference: str
    interval: str
    p: str
    call: str
    words: str
    distance: float = field(repr=False)


@dataclass(frozen=True, slots=True)
class ComparisonTable:
    """All configurations against the best one of one score, the nearest first."""

    title: str
    best: str
    lines: Sequence[ComparisonLine]


@dataclass(frozen=True, slots=True)
class DeltaLine:
    """Δm of one multi-task configuration over its single-task baselines."""

    label: str
    value: str
    interval: str
    baselines: str


def comparison_tables(report: StudyReport) -> list[ComparisonTable]:
    """One table per headline score that was judged."""
    tables = (_table(report, column) for column in headlines(report.columns))
    return [table for table in tables if table is not None]


def delta_lines(report: StudyReport) -> list[DeltaLine]:
    """One line per multi-task configuration that has its baselines beside it."""
    return [_delta_line(delta) for delta in report.verdict.deltas]


def _table(report: StudyReport, column: TableColumn) -> ComparisonTable | None:
    top = top_row(report, column)
    pairs = [pair for pair in report.verdict.comparisons if pair.column == column.title]
    if not pairs or top is None:
        return None
    lines = [_line(pair, top.label, column.key) for pair in pairs if top.label in (pair.a, pair.b)]
    return ComparisonTable(column.title, top.label, sorted(lines, key=lambda line: line.distance))


def _line(pair: Comparison, best: str, key: str) -> ComparisonLine:
    """The pair as seen from the row that is not the best one."""
    best_is_a = pair.a == best
    sign = -1.0 if best_is_a else 1.0
    low, high = sorted((sign * pair.low, sign * pair.high))
    call = OPPOSITE[pair.call] if best_is_a else pair.call
    return ComparisonLine(
        label=pair.b if best_is_a else pair.a,
        difference=_signed(key, sign * pair.difference),
        interval=f"{_signed(key, low)} to {_signed(key, high)}",
        p="< 0.001" if pair.p < 0.001 else f"{pair.p:.3f}",
        call="" if pair.single_run else call,
        words=call if pair.words == pair.call else pair.words,
        distance=abs(pair.difference),
    )


def _delta_line(delta: Delta) -> DeltaLine:
    low, high = _percent(delta.low), _percent(delta.high)
    return DeltaLine(
        label=delta.row,
        value=f"{_percent(delta.value)}{' (single run: data noise only)' if delta.single_run else ''}",
        interval=f"{low} to {high}",
        baselines="; ".join(f"{task}: {label}" for task, label in delta.baselines.items()),
    )


def _signed(key: str, value: float) -> str:
    return f"{MINUS if value < 0 else '+'}{format_value(key, abs(value))}"


def _percent(value: float) -> str:
    return f"{MINUS if value < 0 else '+'}{abs(value):.1%}"
