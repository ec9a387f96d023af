"""What is on offer: every component, one component in full, and which plugins fail or break their contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mdf.api.catalog import open_catalog
from mdf.api.components import ComponentDetails, ComponentInfo, describe, describe_all
from mdf.core.errors import ConfigError, UnknownNameError
from mdf.core.grammar import Reference
from mdf.core.names import did_you_mean
from mdf.core.plain import Plain
from mdf.core.spec import KINDS
from mdf.registry import Catalog, Fault, Listener, Notice, Offer
from mdf.registry.kinds import check_kind

if TYPE_CHECKING:
    from mdf.runs.observer import Observer
    from mdf.testing import Finding


@dataclass(frozen=True, slots=True)
class PluginListing:
    """Components, the plugins that follow every study, and what is wrong with plugins."""

    components: Sequence[ComponentInfo]
    followers: Sequence[Listener]
    faults: Sequence[Fault]
    notices: Sequence[Notice]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong with plugins. `disabled` are those that MDF_DISABLE_PLUGINS leaves out."""

    faults: Sequence[Fault]
    notices: Sequence[Notice]
    disabled: Sequence[str]


@dataclass(frozen=True, slots=True)
class CheckedComponent:
    """What the conformance kit found in one component.

    Attributes:
        reference: the component as it was asked for.
        short_name: the reference without a distribution, a family with its variant.
        label: its origin in a few words.
    """

    kind: str
    reference: str
    full_name: str
    short_name: str
    label: str
    checks: Sequence[Finding]


def list_plugins(
    kind: str | None = None, *, plugins: Sequence[str] = (), observer: Observer | None = None
) -> PluginListing:
    """Every component on offer, or those of `kind`. Raises UnknownNameError if there is no such kind."""
    if kind:
        check_kind(kind)
    catalog = open_catalog(plugins, observer, strict=False)
    offers = catalog.offers(kind) if kind else list(catalog)
    return PluginListing(describe_all(offers), catalog.listeners, catalog.faults, catalog.notices)


def show_plugin(
    kind: str, name: str, *, plugins: Sequence[str] = (), observer: Observer | None = None
) -> ComponentDetails:
    """One component in full. Raises UnknownNameError if there is none, PluginError if its plugin fails."""
    catalog = open_catalog(plugins, observer, strict=False)
    return describe(catalog.named(kind, name), catalog)


def diagnose_plugins(*, plugins: Sequence[str] = (), observer: Observer | None = None) -> Diagnosis:
    """Load every plugin and component; returns which fail and why."""
    from mdf.registry.doctor import examine

    catalog = open_catalog(plugins, observer, strict=False)
    faults, notices = examine(catalog)
    return Diagnosis(faults, notices, catalog.discovered.disabled)


def check_plugins(
    name: str | None = None,
    kind: str | None = None,
    *,
    settings: Sequence[str] = (),
    plugins: Sequence[str] = (),
    observer: Observer | None = None,
) -> Iterator[CheckedComponent]:
    """Check components against the contract of their kind, one after the other.

    Args:
        name: the component; without `kind`, all of that name; without both, every component on offer.
        settings: its options, such as `"width=32"`.

    Raises UnknownNameError if there is no such component, ConfigError for a wrong setting.
    """
    catalog = open_catalog(plugins, observer, strict=False)
    return _checked(catalog, _chosen(catalog, name, kind), _options(settings))


def _chosen(catalog: Catalog, name: str | None, kind: str | None) -> list[tuple[Offer, str]]:
    """Components, each with the reference that it was asked for by."""
    if name is None:
        return [(offer, offer.full_name) for offer in catalog]
    if kind is not None:
        return [(catalog.named(kind, name), name)]
    wanted = Reference.parse(name).name
    kinds = [one for one in KINDS if any(offer.spec.name == wanted for offer in catalog.offers(one))]
    if not kinds:
        guess = did_you_mean(wanted, sorted({offer.spec.name for offer in catalog}))
        raise UnknownNameError(f"nothing is called `{wanted}`", f"{guess} `mdf plugins list` lists all".strip())
    return [(catalog.named(one, name), name) for one in kinds]


def _options(settings: Sequence[str]) -> dict[str, Plain]:
    from mdf.core.overrides import parse_override

    options = {}
    for text in settings:
        keys, value = parse_override(text)
        if len(keys) != 1:
            raise ConfigError(f"`--set {text}` names no option", "write for example `--set width=32`")
        options[keys[0]] = value
    return options


def _checked(
    catalog: Catalog, chosen: Sequence[tuple[Offer, str]], options: Mapping[str, Plain]
) -> Iterator[CheckedComponent]:
    """One worker process checks them all; each is yielded as soon as it is known."""
    from mdf.registry.kinds import base_class
    from mdf.testing import check, members
    from mdf.testing.worker import Worker

    base_class(KINDS[0])  # raises if torch is missing, so that no component is blamed for it
    with Worker() as worker:
        for offer, reference in chosen:
            for member in members(offer, reference):
                asked = Reference.parse(member)
                short = replace(asked, distribution="", variant=asked.variant or offer.spec.variant)
                findings = check(catalog, offer.kind, member, options, worker)
                yield CheckedComponent(offer.kind, member, offer.full_name, str(short), offer.label, findings)
