"""Tables on stdout: plain text that is fast to start, and the console of richer tables."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

ABSENT = "–"
GAP, NARROWEST = 2, 15
WIDTH_WHEN_PIPED = 160


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table as wide as the terminal. Only the last column is wrapped, so that names can be searched and copied."""
    widths = [max(len(row[i]) for row in (headings, *rows)) + GAP for i in range(len(headings) - 1)]
    room = max(shutil.get_terminal_size((WIDTH_WHEN_PIPED, 24)).columns - sum(widths), NARROWEST)
    for number, (*cells, last) in enumerate((headings, *rows)):
        first, *more = textwrap.wrap(last, room) or [""]
        start = "".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        lines = [f"{start}{first}".rstrip(), *(" " * sum(widths) + line for line in more)]
        click.secho("\n".join(lines), bold=not number)


def console() -> Console:
    """A console on stdout; wide enough for tables if that is no terminal."""
    from rich.console import Console

    own = Console()
    return own if own.is_terminal else Console(width=WIDTH_WHEN_PIPED)
