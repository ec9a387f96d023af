"""Which loggers follow a study, and with which options: `--logger mlflow`, `[logger.mlflow]`. Torch-free.

A logger changes no result: its options stand beside an experiment's keys, and in no trial's config.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mdf.core.errors import ConfigError
from mdf.core.overrides import parse_override, put
from mdf.core.plain import Plain, Table
from mdf.registry import Catalog, Listener, Offer

KEY = "logger"
FORM = "write `--logger mlflow`, and options as `--set logger.mlflow.uri=…` or in a table `[logger.mlflow]`"

Options = Mapping[str, Table]
"""By the logger's name."""


def take_loggers(
    table: dict[str, Plain], axes: Mapping[str, Sequence[Plain]], settings: Sequence[str]
) -> tuple[Options, Sequence[str]]:
    """The options of loggers, removed from `table`, and the settings that are not theirs.

    Raises ConfigError if they are not tables of options.
    """
    if any(axis.partition(".")[0] == KEY for axis in axes):
        raise ConfigError("a logger cannot be an axis: it changes no result", FORM)
    asked: dict[str, Plain] = {KEY: table.pop(KEY, {})}
    others = []
    for text in settings:
        keys, value = parse_override(text)
        if keys[0] == KEY:
            asked = put(asked, keys, value)
        else:
            others.append(text)
    loggers = asked[KEY]
    if not isinstance(loggers, Mapping):
        raise ConfigError(f"`{KEY}` = {loggers!r} is not a table of loggers", FORM)
    return {name: _options(name, options) for name, options in loggers.items()}, others


def followers(named: Sequence[str], options: Options, catalog: Catalog) -> list[Listener]:
    """The loggers that are named, and those that options are given for; each once, however it is written.

    Raises UnknownNameError, ConfigError and PluginError as the catalog does.
    """
    return [catalog.logger(offer.full_name, given) for offer, given in _asked(named, options, catalog).items()]


def check_loggers(named: Sequence[str], options: Options, catalog: Catalog) -> None:
    """Raise what `followers` would raise for a wrong name or option; nothing is built."""
    for offer, given in _asked(named, options, catalog).items():
        catalog.config(KEY, offer.full_name, given, f"{KEY}.{offer.spec.name}")


def _options(name: str, options: Plain) -> Table:
    if not isinstance(options, Mapping):
        raise ConfigError(f"`{KEY}.{name}` = {options!r} is not a table of options", FORM)
    return options


def _asked(named: Sequence[str], options: Options, catalog: Catalog) -> dict[Offer, dict[str, Plain]]:
    asked: dict[Offer, dict[str, Plain]] = {}
    for name in (*named, *options):
        asked.setdefault(catalog.find(KEY, name), {}).update(options.get(name, {}))
    return asked
