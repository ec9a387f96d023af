"""The plugins that a call asks for by name, all of which must be usable."""

from __future__ import annotations

from collections.abc import Sequence

from mdf.core.errors import PluginError
from mdf.registry import Catalog
from mdf.runs.observer import Observer


def with_asked(plugins: Sequence[str], watcher: Observer | None = None) -> Catalog:
    """The catalog; `watcher` is warned of plugins that the environment leaves out and that are not there.

    Raises PluginError where a plugin that was asked for by name cannot be used.
    """
    catalog = Catalog.discover(plugins)
    for fault in catalog.faults:
        if not fault.distribution:
            raise PluginError(f"{fault.description} could not be used: {fault.error}", fault.hint)
    if watcher is not None:
        for notice in catalog.discovered.notices:
            watcher.warned(notice.line)
    return catalog
