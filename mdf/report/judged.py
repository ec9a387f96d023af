"""Asks a worker for the verdict on a report. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from mdf.core.errors import MdfError
from mdf.report.report import StudyReport
from mdf.report.verdict.words import Verdict
from mdf.runs.observer import Observer
from mdf.workers import process


def judged(report: StudyReport, plugins: Sequence[str], observer: Observer, by_tag: bool = False) -> StudyReport:
    """The report with the verdict of its trials' statistics, and its notes.

    Raises MdfError where statistics are missing or damaged.
    """
    scores = [column for column in report.columns if not column.is_cost]
    if not scores:
        return report
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        try:
            found: Verdict = process.run(
                "mdf.report.verdict.judge:judge",
                report.rows,
                scores,
                list(plugins),
                by_tag,
                on_progress=observer.progress,
                log=log,
                time_limit=process.PATIENCE,
            )
        except process.WorkerError as error:
            raise MdfError(f"the verdict could not be found: {error.reason}", error.log[-500:]) from error
    return replace(report, verdict=found, notes=[*report.notes, *found.notes])
