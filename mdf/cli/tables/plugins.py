"""What `mdf plugins` prints for people: plain text, wrapped at the terminal's width, no name cut short."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from mdf.cli.tables.plain import print_table

if TYPE_CHECKING:
    from mdf.api import ComponentDetails, ComponentInfo, Diagnosis, PluginListing
    from mdf.core.plain import Plain, Table

BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<", "pattern": "like"}


def print_listing(listing: PluginListing) -> None:
    """One row per component on stdout; on stderr who follows every study, and what fails."""
    _print_components(listing.components)
    if listing.followers:
        click.echo(f"follow every study: {', '.join(one.description for one in listing.followers)}", err=True)
    if listing.faults:
        names = ", ".join(sorted({fault.owner for fault in listing.faults}))
        click.echo(f"could not be used: {names}; `mdf plugins doctor` tells why", err=True)
    for notice in listing.notices:
        if notice.concern == "clash":
            click.echo(f"note: {notice.message}; {notice.hint}", err=True)


def _print_components(components: Iterable[ComponentInfo]) -> None:
    rows = [[one.kind, one.usage, one.label, ", ".join(one.tasks), one.summary, one.status] for one in components]
    headings = ["kind", "name", "from", "tasks", "summary", "status"]
    if all(row[-1] == "ok" for row in rows):  # a column of it would only take room
        headings, rows = headings[:-1], [row[:-1] for row in rows]
    print_table(headings, rows)


def print_component(component: ComponentDetails) -> None:
    """One component: what it is, its options, its contract."""
    click.secho(f"{component.kind} {component.name}", bold=True)
    click.echo(component.about or component.summary)
    click.echo(f"\nfrom      {component.distribution or component.plugin} {component.version}")
    click.echo(f"full name {component.full_name}")
    click.echo(f"class     {component.target}")
    extras = (("tasks", ", ".join(component.tasks)), ("variant", component.variant), ("extra", component.extra))
    for label, value in extras:
        if value:
            click.echo(f"{label:<9} {value}")
    click.echo(f"example   {component.example}")
    click.secho("\noptions", bold=True)
    rows = list(_options(component.options))
    if rows:
        print_table(["option", "type", "default", "meaning"], rows)
    else:
        click.echo("none")
    click.secho(f"\ncontract  {component.contract_class}", bold=True)
    click.echo(component.contract)


def print_diagnosis(diagnosis: Diagnosis, *, debug: bool) -> None:
    """Every fault with its likely cure, then notices."""
    faults, notices = diagnosis.faults, diagnosis.notices
    for fault in faults:
        click.secho(f"{fault.description}: {fault.stage}", bold=True)
        click.echo(f"  error: {fault.error}\n  cure:  {fault.hint}")
        if debug and fault.trace:
            click.echo(fault.trace, err=True)
    for notice in notices:
        click.echo(f"{notice.description}: {notice.message}\n  note:  {notice.hint}")
    if diagnosis.disabled:
        click.echo(f"left out by MDF_DISABLE_PLUGINS: {', '.join(diagnosis.disabled)}")
    click.echo(f"{len(faults)} faults, {len(notices)} notices" if faults or notices else "every plugin works")


def _options(schema: Table) -> Iterable[list[str]]:
    """The options of a JSON schema: name, type, default and meaning."""
    properties, required = _table(schema.get("properties")), _list(schema.get("required"))
    for name, described in properties.items():
        option = _table(described)
        default = "required" if name in required else json.dumps(option.get("default"))
        yield [name, _type(option), default, str(option.get("description", ""))]


def _type(schema: Table) -> str:
    """A JSON schema in a few words: `integer ≥ 1`, `"sum" or "mean"`, `list of number`."""
    if "anyOf" in schema:
        return " or ".join(_type(_table(choice)) for choice in _list(schema["anyOf"]))
    if "enum" in schema or "const" in schema:
        return " or ".join(json.dumps(value) for value in _list(schema.get("enum", [schema.get("const")])))
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if schema.get("type") == "array":
        return f"list of {_type(_table(schema.get('items')))}"
    bounds = (f"{sign} {schema[key]}" for key, sign in BOUNDS.items() if key in schema)
    return " ".join([str(schema.get("type", "any")), *bounds])


def _table(value: Plain) -> Table:
    return value if isinstance(value, Mapping) else {}


def _list(value: Plain) -> Sequence[Plain]:
    return value if isinstance(value, Sequence) else []
