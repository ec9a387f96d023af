"""Opens the catalog for an API call, and reports plugins that cannot be used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mdf.core.errors import PluginError
from mdf.registry import Catalog

if TYPE_CHECKING:
    from mdf.runs.observer import Observer


def open_catalog(plugins: Sequence[str], observer: Observer | None = None, *, strict: bool = True) -> Catalog:
    """The catalog of all plugins, those named in `plugins` included.

    `observer` is warned of names in MDF_DISABLE_PLUGINS that are no plugin's. Raises PluginError if a plugin that was
    asked for by name cannot be used; not `strict`, `observer` is warned instead.
    """
    catalog = Catalog.discover(plugins)
    for fault in catalog.faults:
        if fault.distribution:
            continue
        message = f"{fault.description} could not be used: {fault.error}"
        if strict:
            raise PluginError(message, fault.hint)
        if observer is not None:
            observer.warned(message)
    if observer is not None:
        for notice in catalog.discovered.notices:
            observer.warned(notice.line)
    return catalog
