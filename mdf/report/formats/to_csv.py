"""A report as CSV: one line per value, each with the protocol that says what it means. Torch-free."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mdf.core.plain import Plain, Table

if TYPE_CHECKING:
    from mdf.report.columns import TableColumn
    from mdf.report.report import StudyReport

HEADINGS = (
    "configuration",
    "trial",
    "seed",
    "status",
    "reason",
    "column",
    "key",
    "condition",
    "value",
    "half_width",
    "seeds",
)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a text that starts with one of these for a formula."""


def to_csv(report: StudyReport) -> str:
    """All values, not rounded, in the unit of the column's title.

    A line without a trial is a configuration's mean over seeds. A failed trial is one line with its reason.
    """
    protocol = list(dict.fromkeys(key for column in report.columns for key in column.protocol))
    text = io.StringIO()
    writer = csv.DictWriter(text, [*HEADINGS, *protocol], lineterminator="\n")
    writer.writeheader()
    for line in _lines(report):
        writer.writerow({key: _without_formula(value) for key, value in line.items()})
    return text.getvalue()


def _lines(report: StudyReport) -> Iterator[Table]:
    """The lines of each configuration, each followed by those of its trials."""
    for row in report.rows:
        for column in report.columns:
            estimate = report.estimate(row, column)
            if estimate is not None:
                half_width = None if estimate.half_width is None else estimate.half_width / column.scale
                value = {"value": estimate.value / column.scale, "half_width": half_width, "seeds": estimate.seeds}
                yield {"configuration": row.label, **_describe(column), **value}
        for trial in row.trials:
            origin = {"configuration": row.label, "trial": trial.id, "seed": trial.config.get("seed")}
            origin |= {"status": trial.status, "reason": trial.reason}
            if not trial.ok:
                yield origin
                continue
            for column in report.columns:
                trial_value = None if column.condition else column.value(trial)
                if trial_value is not None:
                    yield {**origin, **_describe(column), "value": trial_value / column.scale}


def _describe(column: TableColumn) -> dict[str, Plain]:
    return {"column": column.title, "key": column.key, "condition": column.condition, **column.protocol}


def _without_formula(value: Plain) -> Plain:
    """The value; a text that a spreadsheet would run as a formula is quoted by an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
