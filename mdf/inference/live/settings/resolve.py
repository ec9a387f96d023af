"""Which source reads an address, and which sink writes a target. Torch-free."""

from __future__ import annotations

import re
from pathlib import Path

from mdf.core.address import matches, shown
from mdf.core.errors import ConfigError
from mdf.core.grammar import NAME
from mdf.inference.live.settings.settings import CameraSettings
from mdf.registry import Catalog, Offer

SCHEME = re.compile(r"^([a-z][a-z0-9+.-]+)://", re.IGNORECASE)
ANY = "*"


def component_for(kind: str, address: str, catalog: Catalog) -> str:
    """`name:address` of the component of `kind` (`source` or `sink`) that takes the address.

    An address may name its component itself: `file:clip.mp4`. Else it is the one whose `Spec.addresses` fit, at last
    one that takes any; built-ins come first.

    Raises
        ConfigError: none takes it.
    """
    name, colon, rest = address.partition(":")
    named = [offer for offer in catalog.offers(kind) if colon and NAME.match(name) and offer.spec.name == name]
    if named and not rest.startswith("//"):
        return address
    sought = f"{address}/" if Path(address).expanduser().is_dir() and not address.endswith("/") else address
    offer = _fitting(catalog.offers(kind), sought)
    if offer is None:
        raise _nobody(kind, address, catalog)
    return f"{catalog.shortest(offer).partition(':')[0]}:{address}"


def sinks_of(camera: CameraSettings, catalog: Catalog) -> list[str]:
    """`name:target` of each sink of a camera, once. Raises as `component_for`."""
    targets = [*camera.events, *camera.out]
    targets += [f"clips:{folder}" for folder in camera.record]
    targets += [f"snapshots:{folder}" for folder in camera.snapshots]
    return list(dict.fromkeys(component_for("sink", target, catalog) for target in targets))


def default_name(source: str) -> str:
    """The name of a camera that was given none."""
    from mdf.inference.request import safe_name

    stem = Path(source.partition("?")[0]).stem if "://" not in source else source.partition("://")[2].rpartition("@")[2]
    return safe_name(stem.partition("/")[0].partition(":")[0]) if source != "-" else "camera"


def _fitting(offers: list[Offer], address: str) -> Offer | None:
    ordered = sorted(offers, key=lambda offer: not offer.builtin)
    exact = [o for o in ordered if matches(address, [p for p in o.spec.addresses if p != ANY])]
    loose = [] if SCHEME.match(address) else [o for o in ordered if ANY in o.spec.addresses]
    return next(iter(exact + loose), None)


def _nobody(kind: str, address: str, catalog: Catalog) -> ConfigError:
    known = sorted({pattern for offer in catalog.offers(kind) for pattern in offer.spec.addresses if pattern != ANY})
    return ConfigError(
        f"no {kind} takes `{shown(address)}`",
        f"known: {', '.join(known)}; `mdf plugins list --kind {kind}` lists all",
    )
