"""A table in plain text: cheap to start, wrapped at the terminal's width, no name cut short."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence

import click

GAP, NARROWEST = 2, 15
WIDTH_WHEN_PIPED = 160


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Wraps its last column alone: names stay whole, for eyes, `grep` and copying."""
    widths = [max(len(row[i]) for row in (headings, *rows)) + GAP for i in range(len(headings) - 1)]
    room = max(shutil.get_terminal_size((WIDTH_WHEN_PIPED, 24)).columns - sum(widths), NARROWEST)
    for number, (*cells, last) in enumerate((headings, *rows)):
        first, *more = textwrap.wrap(last, room) or [""]
        start = "".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        lines = [f"{start}{first}".rstrip(), *(" " * sum(widths) + line for line in more)]
        click.secho("\n".join(lines), bold=not number)
