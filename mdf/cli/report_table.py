"""A report and a plan as tables on stdout."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mdf.core.config import ExperimentConfig, to_table
from mdf.study.report import Report, row_name

WIDTH_WHEN_PIPED = 160


def print_report(report: Report, as_json: bool) -> None:
    """The table, its notes and where its files are; with `as_json` the plain data alone."""
    console = _console()
    if as_json:
        console.file.write(json.dumps(report.to_dict(), indent=1, ensure_ascii=False) + "\n")
        return
    columns = report.columns
    best = {(row.label, column.title) for column in columns for row in report.best(column)}
    front = {row.label for row in report.front}
    table = Table(title="", box=None, pad_edge=False, header_style="bold")
    table.add_column("configuration", no_wrap=True)
    for column in columns:
        table.add_column(Text(column.title), justify="right")
    for row in report.rows:
        name = f"{row_name(row)}{' ◆' if row.label in front else ''}"
        cells = [_cell(report.text(row, column), (row.label, column.title) in best) for column in columns]
        table.add_row(Text(name, style="red" if row.failed else ""), *cells)
    console.print(table)
    console.print("* best of its column, or not to be told from it", style="dim", highlight=False)
    if front:
        over = ", ".join(column.title for column in report.front_columns)
        console.print(f"◆ on the Pareto front of {over}", style="dim", markup=False, highlight=False)
    for note in report.notes:
        console.print(note, style="dim", markup=False, highlight=False)
    for result in report.results:
        if not result.ok:
            console.print(f"{result.label}: {result.status}: {result.reason}", style="red", markup=False)
            if result.hint:
                console.print(f"  {result.hint}", markup=False, highlight=False)
    console.print(f"report and picture: {report.folder}", markup=False, highlight=False, soft_wrap=True)


def print_cells(cells: Sequence[tuple[str, ExperimentConfig, str]], as_json: bool) -> None:
    """(label, config, why it is left out) of every cell."""
    console = _console()
    if as_json:
        plain = [{"label": label, "left_out": why, "config": to_table(config)} for label, config, why in cells]
        console.file.write(json.dumps(plain, indent=1, ensure_ascii=False) + "\n")
        return
    import tomli_w

    for number, (label, config, why) in enumerate(cells, start=1):
        console.print(f"# {number} of {len(cells)}: {label}{f' (left out: {why})' if why else ''}", markup=False)
        console.print(tomli_w.dumps(to_table(config)), markup=False, highlight=False, soft_wrap=True)


def _cell(text: str, best: bool) -> Text:
    return Text(f"{text}*", style="bold green") if best else Text(f"{text} ")


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH_WHEN_PIPED)
