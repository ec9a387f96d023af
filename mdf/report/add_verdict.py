"""Adds the verdict to a report: a worker computes it, since that needs torch. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from mdf.core.errors import MdfError
from mdf.report.columns import TableColumn
from mdf.report.report import StudyReport
from mdf.report.rows import Row
from mdf.report.verdict.verdict import Verdict
from mdf.runs.observer import Observer
from mdf.study.request.request import Grouping
from mdf.workers import process
from mdf.workers.job import Job

JUDGE: Job[Sequence[Row], Sequence[TableColumn], Sequence[str], Sequence[Grouping], Verdict] = Job(
    "mdf.report.verdict.judge:judge"
)


def add_verdict(
    report: StudyReport, plugins: Sequence[str], observer: Observer, by: Sequence[Grouping] = ()
) -> StudyReport:
    """The report with the verdict on its trials and the verdict's notes.

    It also has the headline scores by condition or scene, as `by` says.

    Raises MdfError if stored statistics are missing or damaged.
    """
    scores = [column for column in report.columns if not column.is_cost]
    if not scores:
        return report
    with TemporaryDirectory() as folder:
        try:
            verdict = process.run(
                JUDGE,
                report.rows,
                scores,
                list(plugins),
                list(by),
                on_progress=observer.progress,
                log=Path(folder) / "log",
                time_limit=process.PATIENCE,
            )
        except process.WorkerError as error:
            raise MdfError(f"the configurations could not be compared: {error.reason}", error.log[-500:]) from error
    return replace(report, verdict=verdict, notes=[*report.notes, *verdict.notes])
