"""The sinks of changed settings: those that stay, new ones, and those with other options. Torch-free."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mdf.core.component import ComponentConfig
from mdf.core.errors import MdfError
from mdf.core.event import Event
from mdf.core.footage import Footage
from mdf.core.sink import Sink, View
from mdf.inference.live.delivery.deliver import Delivery
from mdf.inference.live.settings.settings import WatchSettings
from mdf.registry import Catalog


def sink_options(settings: WatchSettings, target: str) -> Mapping[str, Any]:
    """The options of the sink of a target `name:address`."""
    return settings.sink.get(target.partition(":")[0].rpartition("/")[2], {})


def changed_sinks(
    before: Mapping[str, Delivery],
    old: WatchSettings,
    new: WatchSettings,
    targets: Mapping[str, Sequence[str]],
    catalog: Catalog,
) -> dict[str, Delivery]:
    """The sinks of new settings by target: those that are as before, and new ones.

    Raises
        MdfError: one cannot be used; those that were made are closed again.
    """
    options = {target: dict(sink_options(new, target)) for some in targets.values() for target in some}
    changed = [t for t in options if t in before and options[t] != sink_options(old, t)]
    for target in changed:
        catalog.config("sink", target, options[target])
    made: dict[str, Delivery] = {}
    try:
        for target in options:
            if target not in before:
                made[target] = Delivery(target, catalog.create("sink", target, options[target]))
    except MdfError:
        for delivery in made.values():
            closed_aside(delivery)
        raise
    made |= {t: Delivery(t, AfterClosing(before[t], catalog, t, options[t])) for t in changed}
    return made | {t: before[t] for t in options if t not in made}


def closed_aside(delivery: Delivery) -> None:
    """Close a sink in a thread of its own: no camera waits for it."""
    threading.Thread(target=delivery.close, name=f"mdf-close-{delivery.name}", daemon=True).start()


class AfterClosing(Sink):
    """A sink that takes the place of one with other options, and is made once that one has finished. So no event is
    lost, and two sinks never write one file. All of it happens in the sink's own thread."""

    def __init__(self, before: Delivery, catalog: Catalog, target: str, options: Mapping[str, Any]) -> None:
        super().__init__(ComponentConfig(), target)
        self._before, self._catalog, self._options = before, catalog, dict(options)
        sink = catalog.load("sink", target)
        self.wants_views = bool(getattr(sink, "wants_views", False))  # type: ignore[misc]
        self.wants_footage = bool(getattr(sink, "wants_footage", False))  # type: ignore[misc]
        self._sink: Sink | None = None

    @property
    def undelivered(self) -> Path | None:  # type: ignore[override]
        """The file of what it makes, once that is made."""
        return self._sink.undelivered if self._sink is not None else None

    def open(self) -> None:
        """Make it, and let it reach what it writes to."""
        self._made().open()

    def event(self, event: Event) -> None:
        """Hand on."""
        self._made().event(event)

    def view(self, view: View) -> None:
        """Hand on."""
        self._made().view(view)

    def footage(self, footage: Footage) -> None:
        """Hand on."""
        self._made().footage(footage)

    def close(self) -> None:
        """Finish, if it could be made."""
        if self._sink is not None:
            self._sink.close()

    def _made(self) -> Sink:
        if self._sink is None:
            self._before.close()
            self._sink = self._catalog.create("sink", self.target, self._options)
        return self._sink
