"""Comparisons as tables on stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from mdf import api
from mdf.cli.as_json import print_json
from mdf.cli.tables.plain import console
from mdf.cli.tables.report import print_deltas

if TYPE_CHECKING:
    from mdf.api import Comparison, StudyReport

STYLES = {"better": "bold green", "worse": "red"}


def print_comparisons(report: StudyReport, as_json: bool) -> None:
    """One table per score column: each pair's difference, its interval, and the verdict on the first of the pair."""
    if as_json:
        print_json(report.to_dict())
        return
    out = console()
    for column in (c for c in report.columns if not c.is_cost):
        pairs = [pair for pair in report.verdict.comparisons if pair.column == column.title]
        if not pairs:
            continue
        table = Table(title=Text(f"{column.title}, {column.direction} is better"), box=None, pad_edge=False)
        for heading in ("configuration", "is", "than", "by", "95 % interval"):
            table.add_column(heading, justify="right" if heading == "by" else "left")
        for pair in pairs:
            low, high = (_signed(column.key, value) for value in (pair.low, pair.high))
            words = Text(pair.words, style="" if pair.single_run else STYLES.get(pair.call, ""))
            by = _signed(column.key, pair.difference)
            table.add_row(Text(pair.a), words, Text(pair.b), by, Text(f"{low} … {high}"))
        out.print(table)
        out.print(Text(_basis(pairs[0], len(pairs)), style="dim"), "")
    print_deltas(report, out)
    for note in report.notes:
        out.print(note, style="dim", markup=False, highlight=False)


def _basis(one: Comparison, pairs: int) -> str:
    """The images that the verdicts rest on."""
    drawn = f"{one.groups} {one.groups_are}"
    few = "" if one.groups_are == "scenes" else " of images; with so few scenes, the verdict holds for these alone"
    corrected = f"; words are corrected for {pairs} pairs (Holm), each interval is of its pair alone"
    return f"on {one.images} test images in {drawn}{few}{corrected if pairs > 1 else ''}"


def _signed(key: str, value: float) -> str:
    return f"{'−' if value < 0 else '+'}{api.format_value(key, abs(value))}"
