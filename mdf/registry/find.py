"""Which plugins there are: built-ins, entry points, and those given by `-p` or MDF_PLUGINS. Imports none of them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import mdf
from mdf.core.errors import PluginError
from mdf.core.hooks import PROJECT, REGISTRATION_HOOKS
from mdf.registry.compatibility import refusal
from mdf.registry.origin import DISTRIBUTION, Fault, Origin, Source
from mdf.registry.reasons import fault_of, one_line

if TYPE_CHECKING:
    from importlib.metadata import Distribution

SECTION = re.compile(rf"^\s*\[\s*{PROJECT}\s*\]", re.MULTILINE)
UNNAMED = PluginError("its METADATA names no distribution or no version", "install it anew")
MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


@dataclass(frozen=True)
class Found:
    """The plugins to load, in the order in which every machine decides; picklable for worker processes."""

    sources: tuple[Source, ...]
    faults: tuple[Fault, ...] = ()
    disabled: tuple[str, ...] = ()


def find(plugins: Sequence[str] = (), environ: Mapping[str, str] | None = None) -> Found:
    """Built-ins first, then installed plugins, then those named in `plugins` (as `-p`) or by the environment."""
    environ = os.environ if environ is None else environ
    asked = [*plugins, *_listed(environ.get("MDF_PLUGINS", ""), os.pathsep)]
    third_parties = [*_installed(), *_asked(asked)]
    sources: dict[str, Source] = {}
    for item in third_parties:
        if isinstance(item, Source):
            sources.setdefault(_identity(item), item)
    faults = [item for item in third_parties if isinstance(item, Fault)]
    unwanted = _listed(environ.get("MDF_DISABLE_PLUGINS", ""), ",")
    refused = {name_key(name) for name in unwanted}

    def wanted(origin: Origin) -> bool:
        return refused.isdisjoint({name_key(origin.plugin), name_key(origin.distribution)})

    return Found(
        sources=(*_builtins(), *filter(wanted, sources.values())),
        faults=tuple(filter(wanted, faults)),
        disabled=tuple(sorted(unwanted)),
    )


def name_key(name: str) -> str:
    """Distribution names that packaging holds for the same have one key."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _identity(source: Source) -> str:
    """Asking by `-p` for a plugin that is installed too does not load it twice."""
    return f"{source.distribution} {source.plugin}" if source.distribution else source.target


def _builtins() -> list[Source]:
    names = [hook.removeprefix("mdf_") for hook in REGISTRATION_HOOKS.values()]
    return [Source(name, DISTRIBUTION, mdf.__version__, f"mdf.plugins.{name}") for name in names]


def _listed(text: str, separator: str) -> list[str]:
    return [part.strip() for part in text.replace(separator, ",").split(",") if part.strip()]


def _installed() -> list[Source | Fault]:
    try:
        found = [item for distribution in _distributions() for item in _offered(distribution)]
    except Exception as error:  # some package's import hook is broken: nothing installed can be listed
        return [fault_of(Origin("installed plugins", "", ""), "find", error)]
    return sorted(found, key=lambda item: (name_key(item.distribution), item.plugin))


def _distributions() -> Iterator[Distribution]:
    """Installed distributions with an `mdf` section, each name once: the one that Python would import.

    Read one by one, and only the entry points of those concerned are parsed: `entry_points()` would
    stop at the first broken file of whatever distribution.
    """
    from importlib.metadata import PackageNotFoundError, distribution, distributions

    seen = set()
    for candidate in distributions():
        if not _mentions_us(candidate):
            continue
        name, _ = _identified(candidate)
        if name and name_key(name) in seen:
            continue
        seen.add(name_key(name))
        try:
            first = distribution(name) if name else candidate
        except PackageNotFoundError:  # its folder bears another name
            first = candidate
        if _mentions_us(first):
            yield first


def _mentions_us(distribution: Distribution) -> bool:
    try:
        return bool(SECTION.search(distribution.read_text("entry_points.txt") or ""))
    except (OSError, UnicodeDecodeError):
        return False


def _identified(distribution: Distribution) -> tuple[str, str]:
    """Name and version, "" where it has none."""
    try:
        metadata = distribution.metadata
        return one_line(metadata["Name"] or ""), one_line(metadata["Version"] or "")
    except Exception:  # a distribution without readable metadata, told differently by each Python version
        return "", ""


def _offered(distribution: Distribution) -> Iterator[Source | Fault]:
    name, version = _identified(distribution)
    try:
        entries = sorted(distribution.entry_points.select(group=PROJECT))
    except Exception as error:
        yield fault_of(Origin(name or "unnamed", name, version), "find", error)
        return
    for entry in entries:
        source = Source(one_line(entry.name), name, version, entry.value)
        refused = _refusal(distribution) if name and version else UNNAMED
        yield fault_of(source, "find", refused) if refused else source


def _refusal(distribution: Distribution) -> Exception | None:
    try:
        return refusal(distribution)
    except Exception as error:
        return error


def _asked(texts: Sequence[str]) -> list[Source | Fault]:
    found: list[Source | Fault] = []
    for text in sorted(set(texts)):
        source = Source(text, "", "", text)
        if text.endswith(".py") or os.sep in text:
            path = Path(text).expanduser().resolve()
            source = replace(source, plugin=path.stem, target=str(path))
            error = None if path.is_file() else PluginError(f"no file {path}", "check the path given to -p")
        elif not MODULE.fullmatch(text):
            error = PluginError(f"`{text}` is no module's name", "give -p a file.py or a package.module")
        else:
            error = None
        found.append(fault_of(source, "find", error) if error else source)
    return found
