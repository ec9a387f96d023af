"""Which plugins there are: built-ins, entry points, and those given by `-p` or MDF_PLUGINS. Imports none of them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import mdf
from mdf.core.errors import PluginError
from mdf.core.hooks import REGISTRATION_HOOKS
from mdf.core.names import close_names
from mdf.registry.discovery.installed import installed
from mdf.registry.origin import DISTRIBUTION, Fault, Notice, Origin, Source, name_key
from mdf.registry.reasons import fault_of

MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


@dataclass(frozen=True)
class Discovered:
    """The plugins to load, in an order that is the same on every machine. Can be pickled for worker processes.

    Attributes:
        sources: the plugins to load.
        faults: plugins that cannot be loaded.
        disabled: plugins that MDF_DISABLE_PLUGINS leaves out.
        notices: names in MDF_DISABLE_PLUGINS that no plugin has.
    """

    sources: tuple[Source, ...]
    faults: tuple[Fault, ...] = ()
    disabled: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()


def find(plugins: Sequence[str] = (), environ: Mapping[str, str] | None = None) -> Discovered:
    """Built-ins first, then installed plugins, then those named in `plugins` (as `-p`) or by the environment."""
    environ = os.environ if environ is None else environ
    asked = [*plugins, *_listed(environ.get("MDF_PLUGINS", ""), os.pathsep)]
    third_parties = [*installed(), *_asked(asked)]
    sources: dict[str, Source] = {}
    for item in third_parties:
        if isinstance(item, Source):
            sources.setdefault(_identity(item), item)
    faults = [item for item in third_parties if isinstance(item, Fault)]
    unwanted = {name_key(name): name for name in _listed(environ.get("MDF_DISABLE_PLUGINS", ""), ",")}
    known = {name_key(name): name for item in third_parties for name in (item.distribution, item.plugin) if name}

    def wanted(origin: Origin) -> bool:
        return unwanted.keys().isdisjoint({name_key(origin.plugin), name_key(origin.distribution)})

    return Discovered(
        sources=(*_builtins(), *filter(wanted, sources.values())),
        faults=tuple(filter(wanted, faults)),
        disabled=tuple(sorted(name for key, name in unwanted.items() if key in known)),
        notices=tuple(_unknown(name, known) for key, name in sorted(unwanted.items()) if key not in known),
    )


def _unknown(name: str, known: Mapping[str, str]) -> Notice:
    """MDF_DISABLE_PLUGINS has `name`, and no plugin is called so."""
    close = [known[key] for key in close_names(name_key(name), known)]
    guess = f"did you mean {' or '.join(f'`{one}`' for one in close)}?" if close else "take it out there"
    return Notice(name, "", "", "unknown", "MDF_DISABLE_PLUGINS names it, but no plugin has that name", guess)


def _identity(source: Source) -> str:
    """A plugin that is installed and also asked for by `-p` has one identity: it is loaded once."""
    return f"{source.distribution} {source.plugin}" if source.distribution else source.target


def _builtins() -> list[Source]:
    names = [hook.removeprefix("mdf_") for hook in REGISTRATION_HOOKS.values()]
    return [Source(name, DISTRIBUTION, mdf.__version__, f"mdf.plugins.{name}") for name in names]


def _listed(text: str, separator: str) -> list[str]:
    return [part.strip() for part in text.replace(separator, ",").split(",") if part.strip()]


def _asked(texts: Sequence[str]) -> list[Source | Fault]:
    plugins: list[Source | Fault] = []
    for text in sorted(set(texts)):
        source = Source(text, "", "", text)
        if text.endswith(".py") or os.sep in text:
            path = Path(text).expanduser().resolve()
            source = replace(source, plugin=path.stem, target=str(path))
            error = None if path.is_file() else PluginError(f"no file {path}", "check the path in -p or MDF_PLUGINS")
        elif not MODULE.fullmatch(text):
            error = PluginError(f"`{text}` is not the name of a module", "give -p a file.py or a package.module")
        else:
            error = None
        plugins.append(fault_of(source, "find", error) if error else source)
    return plugins
