"""`mdf plugins check`: the conformance kit, for one component or for all."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from mdf.cli.session import Session
from mdf.core.errors import ConfigError, UnknownNameError
from mdf.core.grammar import Reference
from mdf.core.overrides import parse_override
from mdf.core.spec import KINDS
from mdf.registry import Catalog, Offer

if TYPE_CHECKING:
    from mdf.core.plain import Table
    from mdf.testing import Finding

TICKS = {"passed": "✓", "failed": "✗", "skipped": "–"}
WORDS = {"passed": "ok", "failed": "FAILED", "skipped": "skipped"}
"""Where the terminal cannot write the ticks."""
COLOURS = {"passed": "green", "failed": "red", "skipped": None}
NARROWEST = 24

Tested = tuple[Offer, str]
"""A component, and the reference that it was asked for by."""


@click.command("check")
@click.argument("names", metavar="[KIND] NAME", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Check every component on offer.")
@click.option(
    "--set", "settings", metavar="OPTION=VALUE", multiple=True, help="An option of the component. Repeatable."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@click.pass_context
def check_command(
    ctx: click.Context, names: tuple[str, ...], every: bool, settings: tuple[str, ...], as_json: bool
) -> None:
    """Check a component against the contract of its kind; without KIND, all of that NAME.

    A family takes its variant (`mdf plugins check dataset cdnet:PATH`), or is checked by its representatives. Exit
    code 1 where a check fails.
    """
    session: Session = ctx.obj
    catalog = session.catalog()
    chosen = _chosen(catalog, names, every)
    results = _results(catalog, chosen, _options(settings, every))
    if as_json:
        told = [_as_data(offer, reference, findings) for (offer, reference), findings in results]
        click.echo(json.dumps(told, indent=2))
        failed = sum(finding["outcome"] == "failed" for one in told for finding in one["checks"])
    else:
        failed = sum([_print(tested, findings, brief=every) for tested, findings in results])
        if every:
            click.echo(f"{failed} checks failed" if failed else "every component keeps its contract")
    ctx.exit(1 if failed else 0)


def _chosen(catalog: Catalog, names: Sequence[str], every: bool) -> list[Tested]:
    """Raises UnknownNameError where nothing is called so, UsageError where nothing (or too much) is asked for."""
    if every and not names:
        return [(offer, offer.full_name) for offer in catalog]
    if every or not 1 <= len(names) <= 2:
        raise click.UsageError("name one component, [KIND] NAME, or give --all")
    if len(names) == 2:
        kind, reference = names
        return [(catalog.named(kind, reference), reference)]
    found = [(offer, names[0]) for kind in KINDS if (offer := _named(catalog, kind, names[0]))]
    return found or _unknown(catalog, names[0])


def _named(catalog: Catalog, kind: str, reference: str) -> Offer | None:
    wanted = Reference.parse(reference).name
    if all(offer.spec.name != wanted for offer in catalog.offers(kind)):
        return None
    return catalog.named(kind, reference)


def _unknown(catalog: Catalog, reference: str) -> list[Tested]:
    from difflib import get_close_matches

    wanted = Reference.parse(reference).name
    close = get_close_matches(wanted, sorted({offer.spec.name for offer in catalog}), n=3, cutoff=0.5)
    guess = f"closest: {', '.join(close)}; " if close else ""
    raise UnknownNameError(f"nothing is called `{wanted}`", f"{guess}`mdf plugins list` lists all")


def _options(settings: Sequence[str], every: bool) -> dict[str, Any]:
    if settings and every:
        raise click.UsageError("--set is for one component, not for --all")
    options = {}
    for text in settings:
        keys, value = parse_override(text)
        if len(keys) != 1:
            raise ConfigError(f"`--set {text}` names no option", "write for example `--set width=32`")
        options[keys[0]] = value
    return options


def _results(catalog: Catalog, chosen: Sequence[Tested], options: Table) -> Iterator[tuple[Tested, list[Finding]]]:
    """One after the other, so that each is told as soon as it is known; one worker process serves them all."""
    from mdf.registry.kinds import base_class
    from mdf.testing import check, members
    from mdf.testing.worker import Worker

    base_class(KINDS[0])  # without torch no component is to blame
    with Worker() as worker:
        for offer, reference in chosen:
            for member in members(offer, reference):
                yield (offer, member), check(catalog, offer.kind, member, options, worker)


def _as_data(offer: Offer, reference: str, findings: Sequence[Finding]) -> dict[str, Any]:
    checks = [{"check": f.check, "outcome": f.outcome, "detail": f.detail} for f in findings]
    return {"kind": offer.kind, "reference": reference, "full_name": offer.full_name, "checks": checks}


def _print(tested: Tested, findings: Sequence[Finding], *, brief: bool) -> int:
    """A line a check, or (`brief`) a line a component and what fails of it; the number of failures."""
    offer, reference = tested
    counts = {outcome: sum(f.outcome == outcome for f in findings) for outcome in TICKS}
    told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    asked = Reference.parse(reference)
    short = replace(asked, distribution="", variant=asked.variant or offer.spec.variant)
    name = f"{offer.kind} {short if brief else reference}"
    reasons = {f.detail for f in findings}
    if brief:
        worst = "failed" if counts["failed"] else "passed" if counts["passed"] else "skipped"
        _print_line(worst, f"{name} ({offer.label}): {told}", min(reasons) if worst == "skipped" else "")
        findings = [finding for finding in findings if finding.outcome == "failed"]
    else:
        click.secho(f"{name} ({offer.label})", bold=True)
    for finding in findings:
        _print_line(finding.outcome, finding.check, finding.detail, margin="    " if brief else "  ")
    if not brief:
        click.echo(told)
    return counts["failed"]


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
