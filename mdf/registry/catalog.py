"""`Catalog`: every component on offer, by kind and name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, overload

from mdf.core.grammar import Reference
from mdf.core.spec import KINDS
from mdf.registry.discovery.find import Discovered, find
from mdf.registry.discovery.guard import load
from mdf.registry.kinds import check_kind
from mdf.registry.listener import Listener
from mdf.registry.lookup import check_variant, clashes, look_up, shortest
from mdf.registry.origin import Fault, Notice, Offer

if TYPE_CHECKING:
    from mdf.core.balance import Balance
    from mdf.core.component import ComponentConfig
    from mdf.core.dataset import Dataset
    from mdf.core.decoder import Decoder
    from mdf.core.encoder import Encoder
    from mdf.core.exporter import Exporter
    from mdf.core.fusion import Fusion
    from mdf.core.head import Head
    from mdf.core.logger import Logger
    from mdf.core.loss import Loss
    from mdf.core.metric import Metric
    from mdf.core.plain import Table
    from mdf.core.predictor import Predictor
    from mdf.core.schedule import Schedule
    from mdf.core.sink import Sink
    from mdf.core.source import Source
    from mdf.core.tracker import Tracker
    from mdf.registry.kinds import AnyComponent, Argument, Options

CONFIG_KEYS = {"dataset": "data"}
"""The key of an experiment config under which a kind's options stand, where that is not the kind's own name."""

_newest: Discovery | None = None
_handed_over: Discovery | None = None


class Catalog:
    """What built-ins and plugins offer, and which plugins failed.

    A pickled catalog keeps what was found: a worker process imports only the plugins of the components that it uses.

    Attributes:
        discovered: the plugins it was made of.
        faults: plugins that could not be used.
        notices: name clashes, slow registrations, unknown names in MDF_DISABLE_PLUGINS and the like.
        listeners: the plugins with life-cycle hooks, which follow every study; none in a worker.
    """

    def __init__(self, discovered: Discovered) -> None:
        loaded = list(load(discovered.sources))
        self.discovered = discovered
        self._configs: dict[tuple[Offer, str], ComponentConfig] = {}
        self._offers = tuple(offer for plugin in loaded for offer in plugin.offers)
        self.listeners: tuple[Listener, ...] = tuple(plugin.listener for plugin in loaded if plugin.listener)
        self.faults: tuple[Fault, ...] = (*discovered.faults, *(plugin.fault for plugin in loaded if plugin.fault))
        self.notices: tuple[Notice, ...] = (
            *discovered.notices,
            *(notice for plugin in loaded for notice in plugin.notices),
            *clashes(self._offers),
        )

    @staticmethod
    def discover(plugins: Sequence[str] = ()) -> Catalog:
        """Load built-ins, installed plugins, and those named in `plugins` (a `file.py` or `package.module`).

        Reads MDF_PLUGINS and MDF_DISABLE_PLUGINS. Never raises because of a plugin: see `faults`. A worker process
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
        """All components of a kind, by name, built-ins before third parties.

        Raises
            UnknownNameError: there is no such kind.
        """
        check_kind(kind)
        own = (offer for offer in self._offers if offer.kind == kind)
        return sorted(own, key=lambda o: (o.spec.name, not o.builtin, o.full_name))

    def named(self, kind: str, reference: str) -> Offer:
        """Like `find`, but a family may be named without its variant."""
        check_kind(kind)
        return look_up(kind, Reference.parse(reference), self._offers, self.faults, self.discovered.disabled)

    def find(self, kind: str, reference: str) -> Offer:
        """The component that `name`, `family:variant` or `distribution/name` means. Imports no torch.

        Raises
            UnknownNameError: no component has that name, or several third parties offer it.
            ConfigError: the text is no reference, or its variant is missing or not taken.
        """
        offer = self.named(kind, reference)
        check_variant(offer, Reference.parse(reference))
        return offer

    def head_for(self, task: str, owner: str = "") -> Offer | None:
        """The head that knows `task`; None where there is none.

        Of several: the built-in one, else the one that `owner` offers, else the one of the task's name.
        """
        suited = [offer for offer in self.offers("head") if task in offer.spec.tasks]
        return max(suited, key=lambda o: (o.builtin, o.owner == owner, o.spec.name == task), default=None)

    def shortest(self, offer: Offer) -> str:
        """The shortest text that means `offer` here, its variant left to be filled in: `cdnet:PATH`."""
        return shortest(offer, self._offers)

    @overload
    def load(self, kind: Literal["encoder"], reference: str) -> type[Encoder]: ...
    @overload
    def load(self, kind: Literal["fusion"], reference: str) -> type[Fusion]: ...
    @overload
    def load(self, kind: Literal["decoder"], reference: str) -> type[Decoder]: ...
    @overload
    def load(self, kind: Literal["head"], reference: str) -> type[Head]: ...
    @overload
    def load(self, kind: str, reference: str) -> type[AnyComponent]: ...
    def load(self, kind: str, reference: str) -> type[AnyComponent]:
        """The component's class. Imports that component alone.

        Raises
            PluginError: its plugin fails.
            UnknownNameError, ConfigError: as `find` does.
        """
        from mdf.registry.component import load_class

        return load_class(self.find(kind, reference))

    def config(self, kind: str, reference: str, options: Table, where: str = "") -> ComponentConfig:
        """`options` as the component's own validated config.

        `where` stands before an option's name in messages; by default it is the kind's key (`encoder.width`).

        Raises
            ConfigError: an option is wrong.
            PluginError: the component's own defaults are wrong, or its plugin fails.
        """
        from mdf.registry.component import validate

        offer = self.find(kind, reference)
        key = offer, repr(sorted(options.items()))
        if key not in self._configs:  # the cells of a study have most of their options in common
            self._configs[key] = validate(offer, options, where or CONFIG_KEYS.get(kind, kind))
        return self._configs[key]

    @overload
    def create(self, kind: Literal["encoder"], reference: str, options: Options, *args: Argument) -> Encoder: ...
    @overload
    def create(self, kind: Literal["fusion"], reference: str, options: Options, *args: Argument) -> Fusion: ...
    @overload
    def create(self, kind: Literal["decoder"], reference: str, options: Options, *args: Argument) -> Decoder: ...
    @overload
    def create(self, kind: Literal["head"], reference: str, options: Options, *args: Argument) -> Head: ...
    @overload
    def create(self, kind: Literal["balance"], reference: str, options: Options, *args: Argument) -> Balance: ...
    @overload
    def create(self, kind: Literal["predictor"], reference: str, options: Options) -> Predictor: ...
    @overload
    def create(self, kind: Literal["loss"], reference: str, options: Options) -> Loss: ...
    @overload
    def create(self, kind: Literal["metric"], reference: str, options: Options) -> Metric: ...
    @overload
    def create(self, kind: Literal["dataset"], reference: str, options: Options) -> Dataset: ...
    @overload
    def create(self, kind: Literal["schedule"], reference: str, options: Options) -> Schedule: ...
    @overload
    def create(self, kind: Literal["logger"], reference: str, options: Options) -> Logger: ...
    @overload
    def create(self, kind: Literal["source"], reference: str, options: Options) -> Source: ...
    @overload
    def create(self, kind: Literal["tracker"], reference: str, options: Options) -> Tracker: ...
    @overload
    def create(self, kind: Literal["sink"], reference: str, options: Options) -> Sink: ...
    @overload
    def create(self, kind: Literal["exporter"], reference: str, options: Options) -> Exporter: ...
    @overload
    def create(self, kind: str, reference: str, options: Options, *args: Argument) -> AnyComponent: ...
    def create(self, kind: str, reference: str, options: Options, *args: Argument) -> AnyComponent:
        """The component itself: `Class(config, *args)`. A family's variant comes last, a data set's right after config.

        `options` may be a config that is validated already.

        Raises
            ConfigError: an option is wrong.
            PluginError: the plugin fails. An MdfError of the component's own passes through.
        """
        from mdf.registry.component import create

        offer = self.find(kind, reference)
        config = self.config(kind, reference, options) if isinstance(options, Mapping) else options
        return create(offer, config, Reference.parse(reference).variant, args)

    def logger(self, reference: str, options: Table) -> Listener:
        """The logger `reference` as a listener. Raises as `create` does."""
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
