"""Writes a report's files: JSON, CSV and Markdown, and one HTML page for people. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mdf.core.files import make_folder, write_json, write_text
from mdf.report.formats.to_csv import to_csv
from mdf.report.frames.gallery import draw_gallery
from mdf.report.page.page import write_page
from mdf.report.page.pictures import trials_to_draw
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
    """Write the report's files into `out` and return their paths, the page last.

    Workers draw the pictures, each trial within `time_limit` seconds, and keep them in the study's own folder. If a
    trial cannot be drawn, the observer is warned and the page says so. Raises MdfError if `out` cannot be written.
    """
    make_folder(out)
    json_file, markdown_file, csv_file = (out / f"report.{ending}" for ending in ("json", "md", "csv"))
    write_json(json_file, report.to_dict())
    write_text(markdown_file, report.to_markdown())
    write_text(csv_file, to_csv(report))
    gallery = draw_gallery(trials_to_draw(report), report.folder, plugins, observer, time_limit) if pictures else None
    write_page(out / PAGE, report, gallery, plugins)
    return [json_file, markdown_file, csv_file, out / PAGE]
