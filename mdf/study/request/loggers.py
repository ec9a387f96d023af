"""Which loggers follow a study, and with which options: `--logger mlflow`, `[logger.mlflow]`. Torch-free.

A logger changes no result: its options stand where an experiment's keys do, and in no trial's config.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mdf.core.errors import ConfigError
from mdf.core.overrides import parse_override, put
from mdf.registry import Catalog, Listener, Offer

KEY = "logger"
WRITTEN = "write `--logger mlflow`, and options as `--set logger.mlflow.uri=…` or in a table `[logger.mlflow]`"

Options = Mapping[str, Mapping[str, Any]]
"""By the logger's name."""


def take_loggers(
    table: dict[str, Any], axes: Mapping[str, Any], settings: Sequence[str]
) -> tuple[Options, Sequence[str]]:
    """The options of loggers, taken out of `table`; and the settings that are not theirs.

    Raises ConfigError where they are no tables of options.
    """
    if any(axis.partition(".")[0] == KEY for axis in axes):
        raise ConfigError("a logger cannot be an axis: it changes no result", WRITTEN)
    wanted = {KEY: table.pop(KEY, {})}
    others = []
    for text in settings:
        keys, value = parse_override(text)
        if keys[0] == KEY:
            wanted = put(wanted, keys, value)
        else:
            others.append(text)
    found = wanted[KEY]
    if not isinstance(found, Mapping):
        raise ConfigError(f"`{KEY}` = {found!r} is no table of loggers", WRITTEN)
    for name, options in found.items():
        if not isinstance(options, Mapping):
            raise ConfigError(f"`{KEY}.{name}` = {options!r} is no table of options", WRITTEN)
    return found, others


def followers(named: Sequence[str], options: Options, catalog: Catalog) -> list[Listener]:
    """The loggers that are named, and those that options are given for; each once, however it is written.

    Raises UnknownNameError, ConfigError and PluginError as the catalog does.
    """
    return [catalog.logger(offer.full_name, given) for offer, given in _asked(named, options, catalog).items()]


def check_loggers(named: Sequence[str], options: Options, catalog: Catalog) -> None:
    """Raise what `followers` would for a wrong name or option; nothing is built."""
    for offer, given in _asked(named, options, catalog).items():
        catalog.config(KEY, offer.full_name, given, f"{KEY}.{offer.spec.name}")


def _asked(named: Sequence[str], options: Options, catalog: Catalog) -> dict[Offer, dict[str, Any]]:
    asked: dict[Offer, dict[str, Any]] = {}
    for name in (*named, *options):
        asked.setdefault(catalog.find(KEY, name), {}).update(options.get(name, {}))
    return asked
