"""What `mdf runs` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from mdf.cli.as_json import print_json
from mdf.cli.tables.plain import print_table

if TYPE_CHECKING:
    from mdf.api import Run, RunDetails

HEADINGS = ["id", "study", "status", "attempts", "ended (UTC)", "configuration"]


def print_runs(runs: Sequence[Run], as_json: bool) -> None:
    """A table of runs, or JSON."""
    if as_json:
        print_json(runs)
        return
    rows = [[run.id, run.study, run.status, str(run.attempts), _minute(run.ended), run.label] for run in runs]
    print_table(HEADINGS, rows)


def print_run(details: RunDetails) -> None:
    """How the run ended, the other attempts at its trial, and its configuration."""
    result = details.result
    click.echo(f"{result.id}  {result.label}  {result.status}  {result.folder}")
    if not result.ok:
        click.echo(f"  {result.reason}")
    for attempt in details.attempts if len(details.attempts) > 1 else ():
        line = f"{attempt.status} {_minute(attempt.ended)} {attempt.machine}".rstrip()
        click.echo(f"  attempt {attempt.attempt}: {line}{'' if attempt.ok else f': {attempt.reason}'}")
    for key, value in {**result.scores, **result.costs}.items():
        click.echo(f"  {key} = {value:.6g}")
    if details.config:
        click.echo("\n" + details.config.rstrip())


def _minute(time: str) -> str:
    """An ISO time to the minute."""
    return time[:16].replace("T", " ")
