"""A plan as a table on stdout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mdf.cli.as_json import print_json
from mdf.cli.tables.plain import ABSENT, console

if TYPE_CHECKING:
    from mdf.api import CellPlan

FIT = {True: "fits", False: "does not fit", None: ABSENT}
MIB = 2**20


def print_plan(planned: Sequence[CellPlan], as_json: bool) -> None:
    """One row per cell, and the sum of times; or JSON."""
    if as_json:
        print_json(planned)
        return
    out = console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("configuration", no_wrap=True)
    for title in ("params [M]", "GMACs", "train memory [MiB]", "memory", "training"):
        table.add_column(Text(title), justify="right")
    for cell in planned:
        table.add_row(Text(cell.label), *_cells(cell))
    out.print(table)
    _print_notes(planned, out)


def _cells(cell: CellPlan) -> list[Text]:
    return [
        Text(_number(cell.parameters, 1e6, 2)),
        Text(_number(cell.gmacs, 1, 2)),
        Text(_number(cell.peak_memory, MIB, 0)),
        Text(FIT[cell.fits], style="" if cell.fits is not False else "red"),
        Text("costs only" if cell.cost_only else _duration(cell.train_seconds)),
    ]


def _print_notes(planned: Sequence[CellPlan], out: Console) -> None:
    known = [cell.train_seconds for cell in planned if cell.train_seconds is not None and not cell.cost_only]
    notes = [f"{cell.label}: {cell.note}" for cell in planned if cell.note]
    if known:
        notes.append(f"all training steps: {_duration(sum(known))}, one after the other, without validation")
    if any(cell.needed for cell in planned):
        notes.append(f"concurrent trials that machine and memory allow: {planned[0].side_by_side}")
    for note in notes:
        out.print(note, style="dim", markup=False, highlight=False)


def _number(value: float | None, scale: float, digits: int) -> str:
    return ABSENT if value is None else f"{value / scale:.{digits}f}"


def _duration(seconds: float | None) -> str:
    """A rough duration: an estimate has no more than two digits."""
    if seconds is None:
        return ABSENT
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    return f"about {seconds / 60:.0f} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"
