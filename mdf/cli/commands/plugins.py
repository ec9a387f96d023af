"""`mdf plugins`: what is on offer, one component in full, and which plugins fail."""

from __future__ import annotations

import click

from mdf.cli.lazy import lazy_group
from mdf.cli.session import Session
from mdf.cli.warn_only import WarnOnly
from mdf.core.spec import KINDS

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

LAZY = {
    "check": ("mdf.cli.commands.plugins_check:check_command", "Check components against the contract of their kind.")
}


@click.group(cls=lazy_group(LAZY))
def plugins() -> None:
    """List what is on offer, and find plugins that fail."""


@plugins.command("list")
@click.option("--kind", metavar="KIND", help=f"Only this kind: {', '.join(KINDS)}.")
@as_json_option
@click.pass_obj
def list_command(session: Session, kind: str | None, as_json: bool) -> None:
    """List the components on offer."""
    from mdf import api

    listing = api.list_plugins(kind, plugins=session.plugins, observer=WarnOnly())
    if as_json:
        from mdf.cli.as_json import print_json

        print_json(listing)
    else:
        from mdf.cli.tables.plugins import print_listing

        print_listing(listing)


@plugins.command("show")
@click.argument("kind")
@click.argument("name")
@as_json_option
@click.pass_obj
def show_command(session: Session, kind: str, name: str, as_json: bool) -> None:
    """Show one component: its contract, options, origin and an example."""
    from mdf import api
    from mdf.cli.as_json import print_json
    from mdf.cli.tables.plugins import print_component

    component = api.show_plugin(kind, name, plugins=session.plugins, observer=WarnOnly())
    if as_json:
        print_json(component)
    else:
        print_component(component)


@plugins.command("doctor")
@as_json_option
@click.pass_context
def doctor_command(ctx: click.Context, as_json: bool) -> None:
    """Load every plugin and component, and say which fail, why, and the cure. Exit code 1 if any fails."""
    from mdf import api
    from mdf.cli.as_json import print_json
    from mdf.cli.tables.plugins import print_diagnosis

    session: Session = ctx.obj
    diagnosis = api.diagnose_plugins(plugins=session.plugins, observer=WarnOnly())
    if as_json:
        print_json(diagnosis)
    else:
        print_diagnosis(diagnosis, debug=session.debug)
    ctx.exit(1 if diagnosis.faults else 0)


@plugins.command("new")
@click.argument("name")
@click.option("--kind", metavar="KIND", required=True, help=f"What it offers: {', '.join(KINDS)}.")
def new_command(name: str, kind: str) -> None:
    """Write a plugin package NAME that works at once, as a start for your own."""
    from pathlib import Path

    from mdf.cli.new_plugin import write_package

    for path in write_package(name, kind, Path(name)):
        click.echo(path)
    click.echo(
        f"next: pip install -e {name}; mdf plugins check {kind} {name.removeprefix('mdf-')}; pytest {name}", err=True
    )
