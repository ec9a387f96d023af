"""The report as CSV: one line a value, each with the protocol that says what it means. Torch-free."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from mdf.report.columns import Column
from mdf.report.page.tables import scale_of
from mdf.report.report import StudyReport

ABOUT = (
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
RISKY = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula at the start of a text."""


def to_csv(report: StudyReport) -> str:
    """Every value unrounded, in the unit of its column's title: of each configuration (no trial), of each trial;
    failed trials with their reason."""
    protocol = list(dict.fromkeys(key for column in report.columns for key in column.protocol))
    told = io.StringIO()
    writer = csv.DictWriter(told, [*ABOUT, *protocol], lineterminator="\n")
    writer.writeheader()
    for line in _lines(report):
        writer.writerow({key: _safe(value) for key, value in line.items()})
    return told.getvalue()


def _lines(report: StudyReport) -> Iterator[dict[str, Any]]:
    """The lines of each configuration, then those of its trials."""
    for row in report.rows:
        for column in report.columns:
            found = report.estimate(row, column)
            if found is not None:
                half = None if found.half_width is None else found.half_width / scale_of(column)
                own = {"value": found.value / scale_of(column), "half_width": half, "seeds": found.seeds}
                yield {"configuration": row.label, **_about(column), **own}
        for trial in row.trials:
            about = {"configuration": row.label, "trial": trial.id, "seed": trial.config.get("seed")}
            about |= {"status": trial.status, "reason": trial.reason}
            if not trial.ok:
                yield about
                continue
            for column in report.columns:
                value = None if column.group else column.value(trial)
                if value is not None:
                    yield {**about, **_about(column), "value": value / scale_of(column)}


def _about(column: Column) -> dict[str, Any]:
    return {"column": column.title, "key": column.key, "condition": column.group, **column.protocol}


def _safe(value: Any) -> Any:
    """Numbers as they are; a text that a spreadsheet would run is quoted by an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(RISKY) else value
