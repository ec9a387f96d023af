"""A report as a Markdown table. Torch-free."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdf.report.rows import Row, row_name

if TYPE_CHECKING:
    from mdf.report.report import StudyReport


def to_markdown(report: StudyReport) -> str:
    """The table in Markdown, best values in bold, with notes and failures below."""
    best = {(row.label, column.title) for column in report.columns for row in report.best(column)}

    def line(row: Row) -> str:
        name = row_name(row).replace("|", "/")  # a bar would start another cell
        texts = [(report.text(row, column), (row.label, column.title) in best) for column in report.columns]
        return f"| {name} | " + " | ".join(f"**{text}**" if is_best else text for text, is_best in texts) + " |"

    titles = " | ".join(column.title for column in report.columns)
    table = [f"| configuration | {titles} |", "|---|" + "---:|" * len(report.columns), *map(line, report.rows)]
    notes = [f"- {note}" for note in report.notes]
    failures = [f"- {result.label}: {result.status}: {result.reason}" for result in report.results if not result.ok]
    return "\n".join([*table, "", *notes, *failures]) + "\n"
