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
from mdf.registry.installed import installed
from mdf.registry.origin import DISTRIBUTION, Fault, Notice, Origin, Source, name_key
from mdf.registry.reasons import fault_of

MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


@dataclass(frozen=True)
class Found:
    """The plugins to load, in the order in which every machine decides; picklable for worker processes.

    `disabled` are those that the environment leaves out; `notices` tell of names there that mean none.
    """

    sources: tuple[Source, ...]
    faults: tuple[Fault, ...] = ()
    disabled: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()


def find(plugins: Sequence[str] = (), environ: Mapping[str, str] | None = None) -> Found:
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

    return Found(
        sources=(*_builtins(), *filter(wanted, sources.values())),
        faults=tuple(filter(wanted, faults)),
        disabled=tuple(sorted(name for key, name in unwanted.items() if key in known)),
        notices=tuple(_unknown(name, known) for key, name in sorted(unwanted.items()) if key not in known),
    )


def _unknown(name: str, known: Mapping[str, str]) -> Notice:
    """`name` is to be left out, and there is no such plugin."""
    close = [known[key] for key in close_names(name_key(name), known)]
    guess = f"did you mean {' or '.join(f'`{one}`' for one in close)}?" if close else "take it out there"
    return Notice(name, "", "", "unknown", "MDF_DISABLE_PLUGINS names it, and there is none of that name", guess)


def _identity(source: Source) -> str:
    """Asking by `-p` for a plugin that is installed too does not load it twice."""
    return f"{source.distribution} {source.plugin}" if source.distribution else source.target


def _builtins() -> list[Source]:
    names = [hook.removeprefix("mdf_") for hook in REGISTRATION_HOOKS.values()]
    return [Source(name, DISTRIBUTION, mdf.__version__, f"mdf.plugins.{name}") for name in names]


def _listed(text: str, separator: str) -> list[str]:
    return [part.strip() for part in text.replace(separator, ",").split(",") if part.strip()]


def _asked(texts: Sequence[str]) -> list[Source | Fault]:
    found: list[Source | Fault] = []
    for text in sorted(set(texts)):
        source = Source(text, "", "", text)
        if text.endswith(".py") or os.sep in text:
            path = Path(text).expanduser().resolve()
            source = replace(source, plugin=path.stem, target=str(path))
            error = None if path.is_file() else PluginError(f"no file {path}", "check the path in -p or MDF_PLUGINS")
        elif not MODULE.fullmatch(text):
            error = PluginError(f"`{text}` is no module's name", "give -p a file.py or a package.module")
        else:
            error = None
        found.append(fault_of(source, "find", error) if error else source)
    return found
