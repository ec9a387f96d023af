"""`mdf plugins check`: the conformance kit, for one component or for all."""

from __future__ import annotations

import shutil
import sys
import textwrap
from typing import TYPE_CHECKING

import click

from mdf.cli.session import Session
from mdf.cli.warn_only import WarnOnly

if TYPE_CHECKING:
    from mdf.api import CheckedComponent

TICKS = {"passed": "✓", "failed": "✗", "skipped": "–"}
WORDS = {"passed": "ok", "failed": "FAILED", "skipped": "skipped"}
"""For a terminal that cannot write the ticks."""
COLOURS = {"passed": "green", "failed": "red", "skipped": None}
NARROWEST = 24


@click.command("check")
@click.argument("names", metavar="[KIND] NAME", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Check every component on offer.")
@click.option("--set", "settings", metavar="OPTION=VALUE", multiple=True, help="Option of the component. Repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def check_command(
    ctx: click.Context, names: tuple[str, ...], every: bool, settings: tuple[str, ...], as_json: bool
) -> None:
    """Check a component against the contract of its kind; without KIND, all of that NAME.

    A family takes its variant (`mdf plugins check dataset cdnet:PATH`), or is checked by its representatives. Exit
    code 1 if a check fails.
    """
    from mdf import api

    if every == bool(names) or len(names) > 2:
        raise click.UsageError("name one component, [KIND] NAME, or give --all")
    if every and settings:
        raise click.UsageError("--set is for one component, not for --all")
    session: Session = ctx.obj
    name, kind = (names[-1] if names else None), (names[0] if len(names) == 2 else None)
    components = api.check_plugins(name, kind, settings=settings, plugins=session.plugins, observer=WarnOnly())
    if as_json:
        from mdf.cli.as_json import print_json

        checked = list(components)
        print_json(checked)
        failed = sum(map(_failures, checked))
    else:
        failed = 0
        for component in components:  # each is printed as soon as it is known
            _print(component, brief=every)
            failed += _failures(component)
        if every:
            click.echo(f"{failed} checks failed" if failed else "every component keeps its contract")
    ctx.exit(1 if failed else 0)


def _failures(component: CheckedComponent) -> int:
    return sum(finding.outcome == "failed" for finding in component.checks)


def _print(component: CheckedComponent, *, brief: bool) -> None:
    """A line per check; or, `brief`, a line per component and its failed checks."""
    findings = component.checks
    counts = {outcome: sum(f.outcome == outcome for f in findings) for outcome in TICKS}
    summary = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    name = f"{component.kind} {component.short_name if brief else component.reference} ({component.label})"
    if brief:
        worst = "failed" if counts["failed"] else "passed" if counts["passed"] else "skipped"
        _print_line(worst, f"{name}: {summary}", min(f.detail for f in findings) if worst == "skipped" else "")
        findings = [finding for finding in findings if finding.outcome == "failed"]
    else:
        click.secho(name, bold=True)
    for finding in findings:
        _print_line(finding.outcome, finding.check, finding.detail, margin="    " if brief else "  ")
    if not brief:
        click.echo(summary)


def _print_line(outcome: str, text: str, detail: str, margin: str = "") -> None:
    """A tick and a line, its detail wrapped below."""
    marks = TICKS if _can_write("".join(TICKS.values())) else WORDS
    click.echo(margin + click.style(marks[outcome], fg=COLOURS[outcome]) + f" {text}")
    room = max(shutil.get_terminal_size().columns - len(margin) - 4, NARROWEST)
    for line in textwrap.wrap(detail, room):
        click.echo(f"{margin}    {line}")


def _can_write(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
