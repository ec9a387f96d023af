"""What a study that has been run says: differences that are more than noise, and the report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mdf.api.asked import with_asked
from mdf.api.watching import RUNS, Quiet
from mdf.core.errors import MdfError
from mdf.report.add_verdict import add_verdict
from mdf.report.notes import notes_of
from mdf.report.publish import publish
from mdf.report.report import StudyReport
from mdf.report.rows import find_row, rows_of
from mdf.runs.observer import Observer
from mdf.runs.studies import find_study, results_of, told_of, trials_of
from mdf.study.costs.join import with_costs


def compare(
    study: str | Path = "latest",
    *rows: str,
    by_tag: bool = False,
    runs: str | Path = RUNS,
    plugins: Sequence[str] = (),
    observer: Observer | None = None,
) -> StudyReport:
    """The verdict on a study that has been run: every pair of its configurations, or only those named by `rows`.

    Its `verdict.comparisons` hold differences with 95 % intervals and words; no model predicts anew.

    Args:
        study: its folder, its name, the start of that, or `latest`.
        rows: configurations by label, a part of it, or the start of a trial's id; the correction for many comparisons
            is then for these alone.

    Raises MdfError where there is no such study or row, or a trial's statistics are missing or damaged.
    """
    watcher = observer or Quiet()
    with_asked(plugins, watcher)
    return add_verdict(_stored(study, runs, rows), plugins, watcher, by_tag)


def report(
    study: str | Path = "latest",
    *,
    runs: str | Path = RUNS,
    out: str | Path | None = None,
    pictures: bool = True,
    plugins: Sequence[str] = (),
    observer: Observer | None = None,
) -> tuple[StudyReport, list[Path]]:
    """Judge a study that has been run and write its report: HTML (last), CSV, JSON and Markdown.

    Args:
        study: its folder, its name, the start of that, or `latest`.
        out: the folder to write to; by default the study's own.
        pictures: whether the trained models predict the test frames again that the page shows.

    Raises MdfError where there is no such study, none of its trials has ended, or `out` cannot be written.
    """
    watcher = observer or Quiet()
    with_asked(plugins, watcher)
    told = judged_or_told(_stored(study, runs), plugins, watcher, by_tag=True)
    return told, publish(told, Path(out) if out else told.folder, plugins, watcher, pictures)


def judged_or_told(report: StudyReport, plugins: Sequence[str], watcher: Observer, by_tag: bool) -> StudyReport:
    """The report with its verdict; a study that cannot be judged keeps its table."""
    try:
        return add_verdict(report, plugins, watcher, by_tag)
    except MdfError as error:
        watcher.warned(f"{error.message}; {error.hint}")
        return report


def _stored(study: str | Path, runs: str | Path, rows: Sequence[str] = ()) -> StudyReport:
    """What there is of a study, or of these rows, not judged. Raises MdfError where there is nothing."""
    folder = find_study(str(study), Path(runs))
    results = with_costs(results_of(folder), folder)
    if not results:
        raise MdfError(f"no trial of the study {folder.name} has ended", "run its command again: it goes on")
    trials, told = trials_of(folder), told_of(folder)
    unended = len(trials.keys() - {result.id for result in results})
    if rows:
        every = rows_of(results)
        results = [trial for text in rows for trial in find_row(text, every).trials]
    return StudyReport(folder, results, notes_of(results, told, unended), unended=unended)
