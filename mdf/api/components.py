"""Components as the API describes them: the plugin that offers each, its `Spec`, its options, an example."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from mdf.core.plain import Table
from mdf.core.spec import Spec
from mdf.registry import Catalog, Offer

EXAMPLES = {
    "dataset": "--data {name}",
    "exporter": "RUN --to {name}",
    "head": "--heads {name}",
    "loss": "--loss {task}={name}",
    "metric": "--set 'metrics.{task}=[\"{name}\"]'",
    "source": "RUN {variant}",
    "tracker": "RUN SOURCE --tracker {name}",
    "sink": "RUN SOURCE --out {name}",
}
"""How a component is asked for, if not as `--kind name`."""
COMMANDS = {"exporter": "export", "source": "watch", "tracker": "watch", "sink": "watch"}
"""The command that uses a component of this kind, if not `benchmark`."""


@dataclass(frozen=True, slots=True)
class ComponentInfo:
    """One component on offer: the plugin that offers it, and all that its `Spec` says.

    Attributes:
        full_name: `distribution/name`, which always works.
        label: its origin in a few words.
        usage: how it is written: `cdnet:PATH`.
        status: `ok`, or how to write it if others offer the same bare name.
    """

    kind: str
    full_name: str
    name: str
    target: str
    summary: str
    tasks: tuple[str, ...]
    variant: str
    default_loss: str
    default_metrics: tuple[str, ...]
    extra: str
    cost_only: bool
    any_task: bool
    representatives: tuple[str, ...]
    needs: tuple[str, ...]
    recordings: tuple[str, ...]
    addresses: tuple[str, ...]
    plugin: str
    distribution: str
    version: str
    builtin: bool
    label: str
    usage: str
    status: str


@dataclass(frozen=True, slots=True)
class ComponentDetails(ComponentInfo):
    """One component in full.

    Attributes:
        about: the documentation of its class.
        contract, contract_class: the documentation and the name of its kind's base class.
        options: the JSON schema of its options.
        example: a command that uses it.
    """

    about: str
    contract: str
    contract_class: str
    options: Table
    example: str


def describe_all(offers: Sequence[Offer]) -> list[ComponentInfo]:
    """Each of the offers. A built-in keeps a bare name that others offer too; among third parties nobody has it."""
    count = Counter((offer.kind, offer.spec.name) for offer in offers)
    return [
        ComponentInfo(
            **_values(offer.spec),
            kind=offer.kind,
            full_name=offer.full_name,
            plugin=offer.plugin,
            distribution=offer.distribution,
            version=offer.version,
            builtin=offer.builtin,
            label=offer.label,
            usage=offer.usage,
            status="ok" if offer.builtin or count[offer.kind, offer.spec.name] == 1 else f"as {offer.full_name}",
        )
        for offer in offers
    ]


def _values(line: Spec | ComponentInfo) -> dict[str, Any]:
    """The fields of a dataclass, for one that has the same and more."""
    return {one.name: getattr(line, one.name) for one in fields(line)}


def _example(catalog: Catalog, offer: Offer, schema: Table) -> str:
    task = offer.spec.tasks[0] if offer.spec.tasks else "mask"
    name = catalog.shortest(offer)
    words = {"kind": offer.kind, "name": name, "task": task, "variant": offer.spec.variant or "SOURCE"}
    option = EXAMPLES.get(offer.kind, "--{kind} {name}").format(**words)
    properties = schema.get("properties")
    if (
        offer.kind == "logger" and isinstance(properties, Mapping) and properties
    ):  # its options are no experiment's keys
        option += f" --set logger.{name}.{next(iter(properties))}=…"
    return f"mdf {COMMANDS.get(offer.kind, 'benchmark')} {option}"


def describe(offer: Offer, catalog: Catalog) -> ComponentDetails:
    """One component in full. Imports its class: raises PluginError if its plugin fails."""
    from mdf.registry.component import json_schema, load_class
    from mdf.registry.kinds import base_class

    component, schema = load_class(offer), json_schema(offer)
    contract = base_class(offer.kind)
    same = [other for other in catalog.offers(offer.kind) if other.spec.name == offer.spec.name]
    return ComponentDetails(
        **_values(describe_all(same)[same.index(offer)]),
        about=inspect.cleandoc(component.__doc__ or ""),
        contract=inspect.cleandoc(contract.__doc__ or ""),
        contract_class=f"{contract.__module__}.{contract.__name__}",
        options=schema,
        example=_example(catalog, offer, schema),
    )
