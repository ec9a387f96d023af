"""Finds the plugins of installed distributions by their entry points; imports none, and reads only what is needed."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mdf.core.errors import PluginError
from mdf.core.hooks import PROJECT
from mdf.registry.discovery.compatibility import refusal
from mdf.registry.origin import Fault, Origin, Source, name_key
from mdf.registry.reasons import fault_of, one_line

if TYPE_CHECKING:
    from importlib.metadata import Distribution

SECTION = re.compile(rf"^\s*\[\s*{PROJECT}\s*\]", re.MULTILINE)
UNNAMED = PluginError("its METADATA names no distribution or no version", "install it again")


@dataclass(frozen=True)
class Installed:
    """A distribution with an `mdf` section; name and version are "" where its metadata has none."""

    distribution: Distribution
    name: str
    version: str
    requires: tuple[str, ...]


def installed() -> list[Source | Fault]:
    """Every installed plugin, or why it cannot be used, sorted by distribution."""
    try:
        plugins = [plugin for one in _distributions() for plugin in _plugins_of(one)]
    except Exception as error:  # some package's import hook is broken: nothing installed can be listed
        return [fault_of(Origin("installed plugins", "", ""), "find", error)]
    return sorted(plugins, key=lambda plugin: (name_key(plugin.distribution), plugin.plugin))


def _distributions() -> Iterator[Installed]:
    """The distributions with an `mdf` section. Each name comes once: the distribution that Python would import.

    They are read one by one, and only their own entry points are parsed: `entry_points()` would stop at the first
    broken file of any distribution.
    """
    from importlib.metadata import distributions

    # importlib.metadata looks again each time into a folder that is not there (`python311.zip`)
    path = [folder for folder in sys.path if os.path.exists(folder or os.curdir)]
    seen = set()
    for candidate in distributions(path=path):
        if not _mentions_us(candidate):
            continue
        one = _read(candidate)
        if one.name and name_key(one.name) in seen:
            continue
        seen.add(name_key(one.name))
        first = next(iter(distributions(name=one.name, path=path)), candidate) if one.name else candidate
        if first.locate_file("") == candidate.locate_file(""):
            yield one
        elif _mentions_us(first):
            yield _read(first)


def _mentions_us(distribution: Distribution) -> bool:
    try:
        return bool(SECTION.search(distribution.read_text("entry_points.txt") or ""))
    except (OSError, UnicodeDecodeError):
        return False


def _read(distribution: Distribution) -> Installed:
    """Name, version and requirements, from the headers alone: the README below them may be long."""
    from email import message_from_string

    try:
        text = distribution.read_text("METADATA")
        headers = message_from_string(text.partition("\n\n")[0]) if text else distribution.metadata
        requires = headers.get_all("Requires-Dist", []) if text else distribution.requires
        name, version = (one_line(headers[key] or "") for key in ("Name", "Version"))
    except Exception:  # no readable metadata: each Python version raises another error
        return Installed(distribution, "", "", ())
    return Installed(distribution, name, version, tuple(requires or ()))


def _plugins_of(one: Installed) -> Iterator[Source | Fault]:
    try:
        entries = sorted(one.distribution.entry_points.select(group=PROJECT))
    except Exception as error:
        yield fault_of(Origin(one.name or "unnamed", one.name, one.version), "find", error)
        return
    refused = _refusal(one) if one.name and one.version else UNNAMED
    for entry in entries:
        source = Source(one_line(entry.name), one.name, one.version, entry.value)
        yield fault_of(source, "find", refused) if refused else source


def _refusal(one: Installed) -> Exception | None:
    try:
        return refusal(one.requires)
    except Exception as error:
        return error
