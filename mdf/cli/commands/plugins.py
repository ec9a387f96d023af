"""`mdf plugins`: what is on offer, one component in full, and which plugins fail or break their contract."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from mdf.cli.lazy import LazyGroup
from mdf.cli.session import Session
from mdf.core.spec import KINDS
from mdf.registry import Catalog, Offer
from mdf.registry.kinds import base_class, check_kind

EXAMPLES = {
    "dataset": "--data {name}",
    "head": "--heads {name}",
    "loss": "--loss {task}={name}",
    "metric": "--set 'metrics.{task}=[\"{name}\"]'",
}
"""How a component is asked for, where that is not `--kind name`."""

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")


LAZY = {
    "check": ("mdf.cli.commands.plugins_check:check_command", "Check components against the contract of their kind.")
}


@click.group(cls=LazyGroup, lazy=LAZY)
def plugins() -> None:
    """See what is on offer, and which plugins fail."""


@plugins.command("list")
@click.option("--kind", metavar="KIND", help=f"Only this kind: {', '.join(KINDS)}.")
@as_json_option
@click.pass_obj
def list_command(session: Session, kind: str | None, as_json: bool) -> None:
    """List the components on offer."""
    if kind:
        check_kind(kind)
    catalog = session.catalog()
    offers = catalog.offers(kind) if kind else list(catalog)
    if as_json:
        from mdf.cli.tables.plugin_json import listing

        click.echo(json.dumps(listing(offers, catalog.listeners, catalog.faults, catalog.notices), indent=2))
    else:
        from mdf.cli.tables.plugins import print_offers

        print_offers(offers)
        _say_who_follows(catalog)
        _say_what_fails(catalog)


@plugins.command("show")
@click.argument("kind")
@click.argument("name")
@as_json_option
@click.pass_obj
def show_command(session: Session, kind: str, name: str, as_json: bool) -> None:
    """Show one component: its contract, options, home and an example."""
    from mdf.cli.tables.plugin_json import component
    from mdf.registry.component import json_schema, load_class

    catalog = session.catalog()
    offer = catalog.named(kind, name)
    found, schema = load_class(offer), json_schema(offer)
    told = component(offer, found, base_class(kind), schema, _example(catalog, offer, schema))
    if as_json:
        click.echo(json.dumps(told, indent=2))
    else:
        from mdf.cli.tables.plugins import print_component

        print_component(told)


@plugins.command("doctor")
@as_json_option
@click.pass_context
def doctor_command(ctx: click.Context, as_json: bool) -> None:
    """Load every plugin and component; say which fail, why, and the cure. Exit code 1 where any does."""
    session: Session = ctx.obj
    from mdf.registry.doctor import examine

    catalog = session.catalog()
    faults, notices = examine(catalog)
    if as_json:
        from mdf.cli.tables.plugin_json import findings

        click.echo(json.dumps(findings(faults, notices), indent=2))
    else:
        from mdf.cli.tables.plugins import print_findings

        print_findings(faults, notices, catalog.discovered.disabled, debug=session.debug)
    ctx.exit(1 if faults else 0)


@plugins.command("new")
@click.argument("name")
@click.option("--kind", metavar="KIND", required=True, help=f"What it offers: {', '.join(KINDS)}.")
def new_command(name: str, kind: str) -> None:
    """Write a plugin package NAME that works at once, to be changed into yours."""
    from pathlib import Path

    from mdf.cli.new_plugin import write_package

    for path in write_package(name, check_kind(kind), Path(name)):
        click.echo(path)
    click.echo(
        f"next: pip install -e {name}; mdf plugins check {kind} {name.removeprefix('mdf-')}; pytest {name}", err=True
    )


def _say_who_follows(catalog: Catalog) -> None:
    if catalog.listeners:
        click.echo(f"follow every study: {', '.join(listener.description for listener in catalog.listeners)}", err=True)


def _say_what_fails(catalog: Catalog) -> None:
    if catalog.faults:
        names = ", ".join(sorted({fault.owner for fault in catalog.faults}))
        click.echo(f"could not be used: {names}; `mdf plugins doctor` tells why", err=True)
    for notice in catalog.notices:
        if notice.concern == "clash":
            click.echo(f"note: {notice.message}; {notice.hint}", err=True)


def _example(catalog: Catalog, offer: Offer, schema: Mapping[str, Any]) -> str:
    task = offer.spec.tasks[0] if offer.spec.tasks else ""
    name = catalog.shortest(offer)
    option = EXAMPLES.get(offer.kind, "--{kind} {name}").format(kind=offer.kind, name=name, task=task or "mask")
    if offer.kind == "logger" and schema.get("properties"):  # its options stand apart from an experiment's keys
        option += f" --set logger.{name}.{next(iter(schema['properties']))}=…"
    return f"mdf benchmark {option}"
