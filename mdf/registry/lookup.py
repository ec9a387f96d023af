"""Looks names up: a reference leads to one offer, or to an error that says what to type instead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mdf.core.errors import ConfigError, MdfError, UnknownNameError
from mdf.core.grammar import Reference
from mdf.core.names import close_names
from mdf.registry.origin import Fault, Notice, Offer, name_key

SHOWN = 3


def look_up(
    kind: str, reference: Reference, offers: Sequence[Offer], faults: Sequence[Fault], disabled: Sequence[str] = ()
) -> Offer:
    """The one offer of `kind` that `reference` means.

    `offers` are the components of every kind; `faults` and `disabled` are the plugins that are missing among them.

    Raises
        UnknownNameError: no offer fits, or several of third parties do.
    """
    fitting = [o for o in offers if o.kind == kind and _fits(o, reference)]
    if not fitting:
        raise _unknown(kind, reference, offers, faults, disabled)
    builtin = [offer for offer in fitting if offer.builtin]
    if len(fitting) > 1 and not builtin:
        raise _ambiguous(kind, reference, fitting)
    return (builtin or fitting)[0]


def check_variant(offer: Offer, reference: Reference) -> None:
    """Raises ConfigError where `reference` lacks the variant that `offer` needs, or has one that it does not take."""
    if reference.variant and not offer.spec.variant:
        raise ConfigError(
            f"{offer.kind} `{offer.spec.name}` takes nothing after a colon: `{reference}`",
            f"write `{Reference(reference.name, distribution=reference.distribution)}`",
        )
    if offer.spec.variant and not reference.variant:
        raise ConfigError(
            f"{offer.kind} `{offer.spec.name}` needs its {offer.spec.variant} after a colon",
            f"write `{offer.usage}`; `mdf plugins show {offer.kind} {offer.spec.name}` shows more",
        )


def shortest(offer: Offer, offers: Iterable[Offer]) -> str:
    """The shortest text that means `offer` among `offers`."""
    rivals = [o for o in offers if (o.kind, o.spec.name) == (offer.kind, offer.spec.name)]
    alone = len(rivals) == 1 or offer.builtin
    return offer.usage if alone else f"{offer.owner}/{offer.usage}"


def clashes(offers: Iterable[Offer]) -> list[Notice]:
    """A notice for each third party whose component has the name of another one."""
    named: dict[tuple[str, str], list[Offer]] = {}
    for offer in offers:
        named.setdefault((offer.kind, offer.spec.name), []).append(offer)
    return [
        _clash(offer, rivals) for rivals in named.values() if len(rivals) > 1 for offer in rivals if not offer.builtin
    ]


def _clash(offer: Offer, rivals: Sequence[Offer]) -> Notice:
    others = " and ".join("mdf itself" if o.builtin else o.description for o in rivals if o is not offer)
    message = f"{offer.kind} `{offer.spec.name}` is also offered by {others}"
    builtin = any(o.builtin for o in rivals)
    bare = "the bare name means the built-in one" if builtin else "the bare name is an error"
    hint = f"{bare}; `{offer.full_name}` means this one"
    return Notice(offer.plugin, offer.distribution, offer.version, "clash", message, hint)


def _fits(offer: Offer, reference: Reference) -> bool:
    if offer.spec.name != reference.name:
        return False
    return not reference.distribution or name_key(reference.distribution) == name_key(offer.owner)


def _ambiguous(kind: str, reference: Reference, fitting: Sequence[Offer]) -> MdfError:
    full = sorted({offer.full_name for offer in fitting})
    if len(full) > 1:
        names = " or ".join(f"`{name}`" for name in full)
        return UnknownNameError(f"{kind} `{reference.name}` is offered by several plugins", f"write {names}")
    plugins = " and ".join(f"`{offer.plugin}`" for offer in fitting)
    return UnknownNameError(
        f"{kind} `{full[0]}` is offered by the plugins {plugins} of one distribution",
        f"leave one out: MDF_DISABLE_PLUGINS={fitting[-1].plugin}",
    )


def _unknown(
    kind: str, reference: Reference, offers: Sequence[Offer], faults: Sequence[Fault], disabled: Sequence[str]
) -> UnknownNameError:
    wanted = Reference(reference.name, distribution=reference.distribution)
    close = _closest(reference.name, [offer for offer in offers if offer.kind == kind])
    hints = []
    if close:
        hints.append(f"closest: {', '.join(f'{shortest(o, offers)} ({o.label})' for o in close)}")
    other_kinds = sorted({offer.kind for offer in offers if _fits(offer, reference)})
    if other_kinds:
        hints.append(f"there is a {' and a '.join(other_kinds)} of that name")
    suspects = _suspects(reference, faults, anyone=not close)
    if suspects:
        faulty = ", ".join(f"{fault.description} ({fault.error})" for fault in suspects)
        hints.append(f"could not be used and may offer it: {faulty}; `mdf plugins doctor` shows more")
    if disabled:
        hints.append(f"left out by MDF_DISABLE_PLUGINS: {', '.join(disabled)}")
    hints.append(f"`mdf plugins list --kind {kind}` lists all")
    return UnknownNameError(f"no {kind} is called `{wanted}`", "; ".join(hints))


def _closest(name: str, offers: Sequence[Offer]) -> list[Offer]:
    best = close_names(name, sorted({offer.spec.name for offer in offers}), SHOWN)
    return [offer for wanted in best for offer in offers if offer.spec.name == wanted]


def _suspects(reference: Reference, faults: Sequence[Fault], *, anyone: bool) -> list[Fault]:
    """Faulty plugins that were asked for by `-p`, or are named like `reference`. With `anyone` all of them, where no
    such one is found."""
    from difflib import SequenceMatcher

    wanted = name_key(reference.distribution or reference.name)

    def alike(fault: Fault) -> bool:
        if not fault.distribution:
            return True
        names = (name_key(fault.plugin), name_key(fault.distribution))
        return any(wanted in n or SequenceMatcher(None, wanted, n).ratio() > 0.6 for n in names)

    suspects = [fault for fault in faults if alike(fault)]
    return (suspects or (list(faults) if anyone else []))[:SHOWN]
