"""A report, and the cells of a dry run, on stdout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mdf import api
from mdf.cli.as_json import print_json
from mdf.cli.tables.plain import console

if TYPE_CHECKING:
    from mdf.api import ResolvedCell, StudyReport, TableColumn


FEW = 5
"""Conditions up to which each is a column."""


def print_report(report: StudyReport, as_json: bool, all_costs: bool = False) -> None:
    """The table, its notes and where its files are, or JSON. Files and JSON hold all costs, the table the main ones."""
    if as_json:
        print_json(report.to_dict())
        return
    out = console()
    wholes = [column for column in report.columns if not column.condition and (all_costs or column.is_main)]
    _print_table(report, wholes, out)
    for whole in wholes:
        if groups := report.by_condition(whole):
            _print_groups(report, whole, groups, out)
    if any(report.best(column) for column in wholes):
        out.print("* best of its column, or statistically indistinguishable from it", style="dim", highlight=False)
    if report.front:
        over = ", ".join(column.title for column in report.front_columns)
        out.print(f"◆ on the Pareto front of {over}", style="dim", markup=False, highlight=False)
    print_deltas(report, out)
    for note in report.notes:
        out.print(note, style="dim", markup=False, highlight=False)
    _print_failures(report, out)
    out.print(f"report: {report.folder / api.PAGE}", markup=False, highlight=False, soft_wrap=True)


def _print_table(report: StudyReport, columns: Sequence[TableColumn], out: Console) -> None:
    best = {(row.label, column.title) for column in columns for row in report.best(column)}
    front = {row.label for row in report.front}
    table = Table(title="", box=None, pad_edge=False, header_style="bold")
    table.add_column("configuration", no_wrap=True)
    for column in columns:
        table.add_column(Text(column.title), justify="right")
    for row in report.rows:
        name = f"{api.row_name(row)}{' ◆' if row.label in front else ''}"
        cells = [_cell(report.text(row, column), (row.label, column.title) in best) for column in columns]
        table.add_row(Text(name, style="red" if row.failed else ""), *cells)
    out.print(table)


def _print_groups(report: StudyReport, whole: TableColumn, groups: Sequence[TableColumn], out: Console) -> None:
    """One score by condition or scene; with many of them each is a row, and each configuration a column."""
    if len(groups) <= FEW:
        _print_table(report, groups, out)
        return
    table = Table(title="", box=None, pad_edge=False, header_style="bold")
    table.add_column(Text(whole.title), no_wrap=True)
    for row in report.rows:
        table.add_column(Text(api.row_name(row)), justify="right")
    for column in groups:
        table.add_row(Text(column.condition), *(_cell(report.text(row, column), False) for row in report.rows))
    out.print(table)


def _print_failures(report: StudyReport, out: Console) -> None:
    for result in report.results:
        if not result.ok:
            out.print(f"{result.label}: {result.status}: {result.reason}", style="red", markup=False)
            if result.hint:
                out.print(f"  {result.hint}", markup=False, highlight=False)


def print_deltas(report: StudyReport, out: Console) -> None:
    """Δm of every row whose single-task baselines are rows too."""
    for delta in report.verdict.deltas:
        interval = f"95 % interval {delta.low:+.1%} … {delta.high:+.1%}"
        noise = ", single run: data noise only" if delta.single_run else ""
        out.print(Text(f"Δm {delta.value:+.1%} ({interval}{noise}): {delta.row}, against its single-task baselines"))


def print_cells(cells: Sequence[ResolvedCell], as_json: bool) -> None:
    """Every cell as TOML, or JSON."""
    if as_json:
        print_json(cells)
        return
    import tomli_w

    out = console()
    for number, cell in enumerate(cells, start=1):
        left_out = f" (left out: {cell.left_out})" if cell.left_out else ""
        out.print(f"# {number} of {len(cells)}: {cell.label}{left_out}", markup=False)
        out.print(tomli_w.dumps(cell.config), markup=False, highlight=False, soft_wrap=True)


def _cell(text: str, best: bool) -> Text:
    text = text.replace(" ", "\N{NO-BREAK SPACE}")
    return Text(f"{text}*", style="bold green") if best else Text(f"{text} ")
