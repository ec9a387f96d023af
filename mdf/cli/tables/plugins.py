"""What `mdf plugins` tells, for people: plain when piped, wrapped at the terminal's width, no name cut short."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from mdf.cli.tables.plain import print_table
from mdf.cli.tables.plugin_json import statuses
from mdf.registry import Fault, Notice, Offer

BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<", "pattern": "like"}


def print_offers(offers: Iterable[Offer]) -> None:
    """One row a component."""
    found = list(offers)
    rows = [[o.kind, o.usage, o.label, ", ".join(o.spec.tasks), o.spec.summary] for o in found]
    head = ["kind", "name", "from", "tasks", "summary"]
    stands = statuses(found)
    if any(told != "ok" for told in stands):  # where all is well a column of it would only take room
        head, rows = [*head, "status"], [[*row, told] for row, told in zip(rows, stands, strict=True)]
    print_table(head, rows)


def print_component(told: Mapping[str, Any]) -> None:
    """One component: what it is, its contract, its options."""
    click.secho(f"{told['kind']} {told['name']}", bold=True)
    click.echo(told["about"] or told["summary"])
    click.echo(f"\nfrom      {told['distribution'] or told['plugin']} {told['version']}")
    click.echo(f"full name {told['full_name']}")
    click.echo(f"class     {told['target']}")
    for label, value in (("tasks", ", ".join(told["tasks"])), ("variant", told["variant"]), ("extra", told["extra"])):
        if value:
            click.echo(f"{label:<9} {value}")
    click.echo(f"example   {told['example']}")
    click.secho("\noptions", bold=True)
    properties = told["options"].get("properties", {})
    required = told["options"].get("required", [])
    rows = [_option(name, schema, name in required) for name, schema in properties.items()]
    if rows:
        print_table(["option", "type", "default", "meaning"], rows)
    else:
        click.echo("none")
    click.secho(f"\ncontract  {told['contract_class']}", bold=True)
    click.echo(told["contract"])


def print_findings(faults: Sequence[Fault], notices: Sequence[Notice], disabled: Sequence[str], *, debug: bool) -> None:
    """Every fault with its likely cure, then notices."""
    for fault in faults:
        click.secho(f"{fault.description}: {fault.stage}", bold=True)
        click.echo(f"  error: {fault.error}\n  cure:  {fault.hint}")
        if debug and fault.trace:
            click.echo(fault.trace, err=True)
    for notice in notices:
        click.echo(f"{notice.description}: {notice.message}\n  note:  {notice.hint}")
    if disabled:
        click.echo(f"left out by MDF_DISABLE_PLUGINS: {', '.join(disabled)}")
    click.echo(f"{len(faults)} faults, {len(notices)} notices" if faults or notices else "every plugin works")


def _option(name: str, schema: Mapping[str, Any], required: bool) -> list[str]:
    default = "required" if required else json.dumps(schema.get("default"))
    return [name, _type(schema), default, schema.get("description", "")]


def _type(schema: Mapping[str, Any]) -> str:
    """A JSON schema in a few words: `integer ≥ 1`, `"sum" or "mean"`, `list of number`."""
    if "anyOf" in schema:
        return " or ".join(_type(choice) for choice in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return " or ".join(json.dumps(value) for value in schema.get("enum", [schema.get("const")]))
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    bounds = (f"{sign} {schema[key]}" for key, sign in BOUNDS.items() if key in schema)
    return " ".join([schema.get("type", "any"), *bounds])
