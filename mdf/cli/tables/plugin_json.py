"""What `mdf plugins` tells, as plain data: printed as JSON, or laid out in tables."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from mdf.registry import Fault, Listener, Notice, Offer


def listing(
    offers: Iterable[Offer], listeners: Iterable[Listener], faults: Iterable[Fault], notices: Iterable[Notice]
) -> dict[str, Any]:
    """Every offer, who follows every study, and what is wrong with plugins."""
    followers = [{"plugin": x.plugin, "distribution": x.distribution, "version": x.version} for x in listeners]
    found = list(offers)
    components = [{**line(o), "status": told} for o, told in zip(found, statuses(found), strict=True)]
    return {"components": components, "followers": followers, **findings(faults, notices)}


def statuses(offers: Sequence[Offer]) -> list[str]:
    """Of each `ok`, or how it is named where others offer its bare name: a built-in keeps that, a clash has none."""
    named = Counter((o.kind, o.spec.name) for o in offers)
    return ["ok" if o.builtin or named[o.kind, o.spec.name] == 1 else f"as {o.full_name}" for o in offers]


def findings(faults: Iterable[Fault], notices: Iterable[Notice]) -> dict[str, Any]:
    """Faults and notices."""
    told = [{key: value for key, value in asdict(fault).items() if key != "trace"} for fault in faults]
    return {"faults": told, "notices": [asdict(notice) for notice in notices]}


def line(offer: Offer) -> dict[str, Any]:
    """One offer with all that its `Spec` says."""
    return {
        "kind": offer.kind,
        "full_name": offer.full_name,
        **asdict(offer.spec),
        "plugin": offer.plugin,
        "distribution": offer.distribution,
        "version": offer.version,
        "builtin": offer.builtin,
    }


def component(offer: Offer, found: type, contract: type, schema: Mapping[str, Any], example: str) -> dict[str, Any]:
    """One component in full."""
    return {
        **line(offer),
        "about": inspect.cleandoc(found.__doc__ or ""),
        "contract": inspect.cleandoc(contract.__doc__ or ""),
        "contract_class": f"{contract.__module__}.{contract.__name__}",
        "options": schema,
        "example": example,
    }
