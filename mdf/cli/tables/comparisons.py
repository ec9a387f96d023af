"""Comparisons as tables on stdout."""

from __future__ import annotations

import json

from rich.table import Table
from rich.text import Text

from mdf.cli.tables.report import console, print_deltas
from mdf.report.columns import format_value
from mdf.report.report import StudyReport
from mdf.report.verdict.verdict import Comparison

STYLES = {"better": "bold green", "worse": "red"}


def print_comparisons(report: StudyReport, as_json: bool) -> None:
    """A table a score column: each pair's difference, its interval, the verdict on the first of the pair."""
    out = console()
    if as_json:
        out.file.write(json.dumps(report.to_dict(), indent=1, ensure_ascii=False) + "\n")
        return
    for column in (c for c in report.columns if not c.is_cost):
        found = [pair for pair in report.verdict.comparisons if pair.column == column.title]
        if not found:
            continue
        table = Table(title=Text(f"{column.title}, {column.direction} is better"), box=None, pad_edge=False)
        for heading in ("configuration", "is", "than", "by", "95 % interval"):
            table.add_column(heading, justify="right" if heading == "by" else "left")
        for pair in found:
            low, high = (_signed(column.key, value) for value in (pair.low, pair.high))
            words = Text(pair.words, style="" if pair.single_run else STYLES.get(pair.call, ""))
            by = _signed(column.key, pair.difference)
            table.add_row(Text(pair.a), words, Text(pair.b), by, Text(f"{low} … {high}"))
        out.print(table)
        out.print(Text(_basis(found[0], len(found)), style="dim"), "")
    print_deltas(report, out)
    for note in report.notes:
        out.print(note, style="dim", markup=False, highlight=False)


def _basis(one: Comparison, pairs: int) -> str:
    """What the verdicts rest on."""
    drawn = f"{one.groups} {one.groups_are}"
    few = "" if one.groups_are == "scenes" else " of images: with so few scenes it holds for these alone"
    corrected = f"; the words are corrected for {pairs} pairs (Holm), the intervals are of each alone"
    return f"on {one.images} test images in {drawn}{few}{corrected if pairs > 1 else ''}"


def _signed(key: str, value: float) -> str:
    return f"{'−' if value < 0 else '+'}{format_value(key, abs(value))}"
