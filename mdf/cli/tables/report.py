"""A report and a plan as tables on stdout."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mdf.cli.tables.plain import WIDTH_WHEN_PIPED
from mdf.core.config import ExperimentConfig, to_table
from mdf.report.columns import TableColumn
from mdf.report.publish import PAGE
from mdf.report.report import StudyReport
from mdf.report.rows import row_name
from mdf.study.costs.columns import COSTS


def print_report(report: StudyReport, as_json: bool, all_costs: bool = False) -> None:
    """The table, its notes and where its files are; with `as_json` the plain data alone.

    Of the costs the main ones, or all; files and JSON hold them all.
    """
    out = console()
    if as_json:
        out.file.write(json.dumps(report.to_dict(), indent=1, ensure_ascii=False) + "\n")
        return
    wholes = [c for c in report.columns if not c.condition and (all_costs or not c.is_cost or COSTS[c.key].main)]
    _print_table(report, wholes, out)
    for whole in wholes:
        if groups := report.by_condition(whole):
            _print_table(report, groups, out)
    if any(report.best(column) for column in wholes):
        out.print("* best of its column, or not to be told from it", style="dim", highlight=False)
    if report.front:
        over = ", ".join(column.title for column in report.front_columns)
        out.print(f"◆ on the Pareto front of {over}", style="dim", markup=False, highlight=False)
    print_deltas(report, out)
    for note in report.notes:
        out.print(note, style="dim", markup=False, highlight=False)
    for result in report.results:
        if not result.ok:
            out.print(f"{result.label}: {result.status}: {result.reason}", style="red", markup=False)
            if result.hint:
                out.print(f"  {result.hint}", markup=False, highlight=False)
    out.print(f"report: {report.folder / PAGE}", markup=False, highlight=False, soft_wrap=True)


def _print_table(report: StudyReport, columns: Sequence[TableColumn], out: Console) -> None:
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
    out.print(table)


def print_deltas(report: StudyReport, out: Console) -> None:
    """Δm of every row that has its single-task twins beside it."""
    for delta in report.verdict.deltas:
        interval = f"95 % interval {delta.low:+.1%} … {delta.high:+.1%}"
        noise = ", single run: data noise only" if delta.single_run else ""
        out.print(Text(f"Δm {delta.value:+.1%} ({interval}{noise}): {delta.row}, against its single-task twins"))


def print_cells(cells: Sequence[tuple[str, ExperimentConfig, str]], as_json: bool) -> None:
    """(label, config, why it is left out) of every cell."""
    out = console()
    if as_json:
        plain = [{"label": label, "left_out": why, "config": to_table(config)} for label, config, why in cells]
        out.file.write(json.dumps(plain, indent=1, ensure_ascii=False) + "\n")
        return
    import tomli_w

    for number, (label, config, why) in enumerate(cells, start=1):
        out.print(f"# {number} of {len(cells)}: {label}{f' (left out: {why})' if why else ''}", markup=False)
        out.print(tomli_w.dumps(to_table(config)), markup=False, highlight=False, soft_wrap=True)


def _cell(text: str, best: bool) -> Text:
    text = text.replace(" ", "\N{NO-BREAK SPACE}")
    return Text(f"{text}*", style="bold green") if best else Text(f"{text} ")


def console() -> Console:
    """stdout, as wide as tables need where it is no terminal."""
    found = Console()
    return found if found.is_terminal else Console(width=WIDTH_WHEN_PIPED)
