"""What `mdf runs` prints."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from mdf.cli.tables.plain import print_table
from mdf.core.files import finite
from mdf.runs.attempts import ended_attempts
from mdf.runs.result import CONFIG, TrialResult, load
from mdf.study.store.listing import Run

HEADINGS = ["id", "study", "status", "attempts", "ended (UTC)", "configuration"]


def print_runs(runs: Sequence[Run], as_json: bool) -> None:
    """A table of runs, or JSON."""
    if as_json:
        plain = [{**_plain(run.result), "attempts": run.attempts} for run in runs]
        click.echo(json.dumps(finite(plain), indent=1, ensure_ascii=False))
        return
    rows = [[r.result.id, r.study, r.result.status, str(r.attempts), _when(r.result), r.result.label] for r in runs]
    print_table(HEADINGS, rows)


def print_run(folder: Path) -> None:
    """How the attempt in `folder` ended, the others at its trial, and its configuration."""
    result = load(folder)
    click.echo(f"{result.id}  {result.label}  {result.status}  {folder}")
    if not result.ok:
        click.echo(f"  {result.reason}")
    attempts = ended_attempts(result.id, folder.parent.parent)
    for attempt in attempts if len(attempts) > 1 else ():
        told = f"{attempt.status} {_when(attempt)} {attempt.machine}".rstrip()
        click.echo(f"  attempt {attempt.attempt}: {told}{'' if attempt.ok else f': {attempt.reason}'}")
    for key, value in {**result.scores, **result.costs}.items():
        click.echo(f"  {key} = {value:.6g}")
    config = folder / CONFIG  # a trial that failed early has none
    if config.is_file():
        click.echo("\n" + config.read_text(encoding="utf-8").rstrip())


def _when(result: TrialResult) -> str:
    """To the minute."""
    return result.ended[:16].replace("T", " ")


def _plain(result: TrialResult) -> dict[str, object]:
    return {
        "id": result.id,
        "study": Path(result.folder).parent.name,
        "label": result.label,
        "status": result.status,
        "reason": result.reason,
        "scores": dict(result.scores),
        "started": result.started,
        "ended": result.ended,
        "machine": result.machine,
        "folder": result.folder,
    }
