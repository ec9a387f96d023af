"""A report's files: JSON, CSV and Markdown for machines and texts, one HTML page for people. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mdf.core.files import make_folder, write_json, write_text
from mdf.report.frames.gallery import draw_gallery
from mdf.report.page.export import to_csv
from mdf.report.page.page import write_page
from mdf.report.page.pictures import shown_trials
from mdf.report.report import StudyReport
from mdf.runs.observer import Observer
from mdf.workers.process import PATIENCE

PAGE = "report.html"


def publish(
    report: StudyReport,
    out: Path,
    plugins: Sequence[str],
    observer: Observer,
    pictures: bool,
    time_limit: float = PATIENCE,
) -> list[Path]:
    """Write the report's files into `out`, each whole; the page comes last.

    Pictures are drawn by workers, in `time_limit` seconds a trial, and kept in the study's own folder; what cannot be
    drawn costs a warning, and the page says so. Raises MdfError where `out` cannot be written.
    """
    make_folder(out)
    table, text, numbers, page = (out / f"report.{ending}" for ending in ("json", "md", "csv", "html"))
    write_json(table, report.to_dict())
    write_text(text, report.to_markdown())
    write_text(numbers, to_csv(report))
    shown = shown_trials(report)
    gallery = draw_gallery(shown, report.folder, plugins, observer, time_limit) if pictures else None
    write_page(page, report, gallery, plugins)
    return [table, text, numbers, page]
