"""Studies that have been run: their verdict, and their report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mdf.api.catalog import open_catalog
from mdf.api.quiet import Quiet
from mdf.core.errors import MdfError
from mdf.report.add_verdict import add_verdict
from mdf.report.notes import notes_of
from mdf.report.publish import publish
from mdf.report.report import StudyReport
from mdf.report.rows import find_row, rows_of
from mdf.runs.find import RUNS
from mdf.runs.observer import Observer
from mdf.runs.studies import find_study, results_of, stored_notes, trials_of
from mdf.study.costs.join import with_costs
from mdf.study.request.request import Grouping


@dataclass(frozen=True, slots=True)
class WrittenReport:
    """A report and its files, the HTML page last."""

    report: StudyReport
    files: Sequence[Path]

    @property
    def page(self) -> Path:
        """The HTML page."""
        return self.files[-1]


def compare(
    study: str | Path = "latest",
    *rows: str,
    by_tag: bool = False,
    runs: str | Path = RUNS,
    plugins: Sequence[str] = (),
    observer: Observer | None = None,
) -> StudyReport:
    """The verdict on a study that has been run, for every pair of its configurations or only those named by `rows`.

    Its `verdict.comparisons` hold differences with 95 % intervals and words. No model predicts again.

    Args:
        study: its folder, its name, the start of that, or `latest`.
        rows: configurations by label, a part of it, or the start of a trial's id. The correction for many comparisons
            is then for these alone.
        by_tag: whether each headline score is also judged under every condition.

    Raises MdfError if there is no such study or row, or a trial's statistics are missing or damaged.
    """
    watcher = observer or Quiet()
    open_catalog(plugins, watcher)
    return add_verdict(_stored(study, runs, rows), plugins, watcher, ["tag"] if by_tag else [])


def write_report(
    study: str | Path = "latest",
    *,
    runs: str | Path = RUNS,
    out: str | Path | None = None,
    pictures: bool = True,
    plugins: Sequence[str] = (),
    observer: Observer | None = None,
) -> WrittenReport:
    """Judge a study that has been run and write its report as HTML, CSV, JSON and Markdown.

    Args:
        study: its folder, its name, the start of that, or `latest`.
        out: the folder to write to; by default the study's own.
        pictures: whether the trained models predict the test frames again, for the pictures of the page.

    Raises MdfError if there is no such study, none of its trials has ended, or `out` cannot be written.
    """
    watcher = observer or Quiet()
    open_catalog(plugins, watcher)
    stored = _stored(study, runs)
    elsewhere = any(column.on for column in stored.columns if not column.is_cost)
    report = judged_if_possible(stored, plugins, watcher, ["tag", "scene"] if elsewhere else ["tag"])
    files = publish(report, Path(out) if out else report.folder, plugins, watcher, pictures)
    return WrittenReport(report, files)


def judged_if_possible(
    report: StudyReport, plugins: Sequence[str], observer: Observer, by: Sequence[Grouping]
) -> StudyReport:
    """The report with its verdict. If the study cannot be judged, `observer` is warned and the table stays."""
    try:
        return add_verdict(report, plugins, observer, by)
    except MdfError as error:
        observer.warned(f"{error.message}; {error.hint}")
        return report


def _stored(study: str | Path, runs: str | Path, rows: Sequence[str] = ()) -> StudyReport:
    """The results of a study, or of these rows, without a verdict. Raises MdfError if there is none."""
    folder = find_study(str(study), Path(runs))
    results = with_costs(results_of(folder), folder)
    if not results:
        raise MdfError(f"no trial of the study {folder.name} has ended", "run its command again: it continues")
    trials, notes = trials_of(folder), stored_notes(folder)
    unended = len(trials.keys() - {result.id for result in results})
    if rows:
        every = rows_of(results)
        results = [trial for text in rows for trial in find_row(text, every).trials]
    return StudyReport(folder, results, notes_of(results, notes, unended), unended=unended)
