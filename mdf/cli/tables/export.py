"""What was exported, as a table on stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mdf.cli.as_json import print_json
from mdf.cli.tables.plain import ABSENT, print_table

if TYPE_CHECKING:
    from mdf.api import ExportCosts, ExportedFormat, ExportReport

HEADINGS = ["format", "precision", "status", "logits differ by", "files [MB]", "frame [ms]", "memory [MB]", ""]


def print_export(report: ExportReport, as_json: bool) -> None:
    """A row for each format, below that of PyTorch; or JSON."""
    if as_json:
        print_json(report)
        return
    own = report.torch
    first = ["PyTorch", "fp32", "the run", ABSENT, f"{report.torch_megabytes:.1f}", *_costs(own), report.run]
    print_table(HEADINGS, [first, *map(_row, report.formats)])
    height, width = report.size
    threads = f"{report.threads} CPU thread{'s' if report.threads > 1 else ''}"
    click.echo(f"frames of {height}x{width} on {threads}; memory is that of a whole process", err=True)


def _row(row: ExportedFormat) -> list[str]:
    difference = ABSENT if row.difference is None else f"{row.difference:.1e}"
    size = ABSENT if row.megabytes is None else f"{row.megabytes:.1f}"
    changes = f"on test: {row.told_changes}" if row.changes else ""
    told = ", ".join(filter(None, [row.folder, row.reason, changes]))
    return [row.format, row.precision, row.status, difference, size, *_costs(row.costs), told]


def _costs(costs: ExportCosts | None) -> list[str]:
    return [ABSENT, ABSENT] if costs is None else [f"{costs.milliseconds:.1f}", f"{costs.megabytes:.0f}"]
