"""`Catalog`: every component on offer, by kind and name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mdf.core.grammar import Reference
from mdf.core.spec import KINDS
from mdf.registry.find import Found, find
from mdf.registry.guard import load
from mdf.registry.kinds import check_kind
from mdf.registry.listener import Listener
from mdf.registry.lookup import check_variant, clashes, look_up, shortest
from mdf.registry.origin import Fault, Notice, Offer

if TYPE_CHECKING:
    from mdf.core.component import ComponentConfig

CONFIG_KEYS = {"dataset": "data"}
"""The key of an experiment config under which a kind's options stand, where that is not the kind's own name."""

_newest: Discovery | None = None
_handed_over: Discovery | None = None


class Catalog:
    """What built-ins and plugins offer, and which plugins failed.

    Pickled, it keeps what was found: a worker process imports the plugins of those components alone that it uses.

    Attributes:
        found: the plugins it was made of.
        faults: plugins that could not be used.
        notices: clashing names, slow registrations, unknown plugins that are to be left out and the like.
        listeners: the plugins with life-cycle hooks, which follow every study; none in a worker.
    """

    def __init__(self, found: Found) -> None:
        loaded = list(load(found.sources))
        self.found = found
        self._configs: dict[tuple[Offer, str], ComponentConfig] = {}
        self._offers = tuple(offer for one in loaded for offer in one.offers)
        self.listeners: tuple[Listener, ...] = tuple(one.listener for one in loaded if one.listener)
        self.faults: tuple[Fault, ...] = (*found.faults, *(one.fault for one in loaded if one.fault))
        self.notices: tuple[Notice, ...] = (
            *found.notices,
            *(notice for one in loaded for notice in one.notices),
            *clashes(self._offers),
        )

    @staticmethod
    def discover(plugins: Sequence[str] = ()) -> Catalog:
        """Load built-ins, installed plugins, and those named in `plugins` (a `file.py` or `package.module`).

        Reads MDF_PLUGINS and MDF_DISABLE_PLUGINS. Never raises for a plugin's sake: see `faults`. A worker process
        loads nothing: it takes what its parent found for the same `plugins` (see `discovery`).
        """
        global _newest
        if _handed_over is None or _handed_over.plugins != tuple(plugins):
            _newest = Discovery(tuple(plugins), Catalog(find(plugins)))
            return _newest.catalog
        return _handed_over.catalog

    def __getstate__(self) -> dict[str, object]:
        return {**vars(self), "listeners": (), "_configs": {}}

    def __iter__(self) -> Iterator[Offer]:
        """Every component, kind by kind."""
        return (offer for kind in KINDS for offer in self.offers(kind))

    def offers(self, kind: str) -> list[Offer]:
        """All components of a kind, by name, built-ins before third parties."""
        check_kind(kind)
        mine = (offer for offer in self._offers if offer.kind == kind)
        return sorted(mine, key=lambda o: (o.spec.name, not o.builtin, o.full_name))

    def named(self, kind: str, reference: str) -> Offer:
        """As `find`, but a family may stand without its variant."""
        check_kind(kind)
        return look_up(kind, Reference.parse(reference), self._offers, self.faults, self.found.disabled)

    def find(self, kind: str, reference: str) -> Offer:
        """The component that `name`, `family:variant` or `distribution/name` means. Imports no torch.

        Raises UnknownNameError where none or several fit, ConfigError where the text or its variant is wrong.
        """
        offer = self.named(kind, reference)
        check_variant(offer, Reference.parse(reference))
        return offer

    def shortest(self, offer: Offer) -> str:
        """The shortest text that means `offer` here, its variant left to be filled in: `cdnet:PATH`."""
        return shortest(offer, self._offers)

    def load(self, kind: str, reference: str) -> type[Any]:
        """The component's class. Raises PluginError where its plugin fails; imports that component alone."""
        from mdf.registry.component import load_class

        return load_class(self.find(kind, reference))

    def config(self, kind: str, reference: str, options: Mapping[str, object], where: str = "") -> ComponentConfig:
        """`options` as the component's own validated config.

        `where` stands before an option's name in messages (default: the kind's key, `encoder.width`). Raises
        ConfigError on a wrong option, PluginError where the plugin fails.
        """
        from mdf.registry.component import validate

        offer = self.find(kind, reference)
        key = offer, repr(sorted(options.items()))
        if key not in self._configs:  # the cells of a study have most of their options in common
            self._configs[key] = validate(offer, options, where or CONFIG_KEYS.get(kind, kind))
        return self._configs[key]

    def create(self, kind: str, reference: str, options: Mapping[str, object] | ComponentConfig, *args: object) -> Any:
        """The component itself: `Class(config, *args)`, a family's variant last, a data set's right after config.

        `options` may be a config already validated. Raises ConfigError on a wrong option, PluginError where
        the plugin fails; a component's own MdfError passes through.
        """
        from mdf.registry.component import create

        offer = self.find(kind, reference)
        config = self.config(kind, reference, options) if isinstance(options, Mapping) else options
        return create(offer, config, Reference.parse(reference).variant, args)

    def logger(self, reference: str, options: Mapping[str, object]) -> Listener:
        """The logger `reference` as one more listener. Raises as `create` does."""
        from mdf.registry.component import listen

        offer = self.find("logger", reference)
        config = self.config("logger", reference, options, f"logger.{offer.spec.name}")
        return listen(offer, self.create("logger", reference, config))


@dataclass(frozen=True)
class Discovery:
    """What a process found for these `plugins`, to be handed over to its workers."""

    plugins: tuple[str, ...]
    catalog: Catalog


def discovery() -> Discovery | None:
    """The newest discovery of this process, or the one that it was handed; None before there is any."""
    return _newest or _handed_over


def hand_over(found: Discovery | None) -> None:
    """In a worker: let `Catalog.discover` of the same plugins give what the parent found."""
    global _handed_over
    _handed_over = found
