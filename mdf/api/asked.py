"""The plugins that a call asks for by name, all of which must be usable."""

from __future__ import annotations

from collections.abc import Sequence

from mdf.core.errors import PluginError
from mdf.registry import Catalog


def with_asked(plugins: Sequence[str]) -> Catalog:
    """The catalog. Raises PluginError where a plugin that was asked for by name cannot be used."""
    catalog = Catalog.discover(plugins)
    for fault in catalog.faults:
        if not fault.distribution:
            raise PluginError(f"{fault.told} could not be used: {fault.error}", fault.hint)
    return catalog
