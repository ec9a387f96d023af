"""Overrides such as `--set loss.depth.weight=0.5`, for all keys including component options. Torch-free."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from mdf.core.errors import ConfigError
from mdf.core.grammar import parse_sum
from mdf.core.plain import Plain

COMPONENT_KEYS = ("data", "encoder", "fusion", "decoder", "predictor", "schedule", "balance")


Change = tuple[tuple[str, ...], Plain]
"""A key's path, and its new value."""


def parse_override(text: str) -> Change:
    """Parse `a.b=value` into a path and a value. The value is TOML, or a plain string if it is not valid TOML."""
    path, equals, value = text.partition("=")
    keys = tuple(key.strip() for key in path.split("."))
    if not equals or not all(keys):
        raise ConfigError(f"`--set {text}` is not `KEY=VALUE`", "write for example `--set encoder.width=32`")
    try:
        table = tomllib.loads(f"value = {value}")
    except tomllib.TOMLDecodeError:
        return keys, value.strip()
    return keys, table["value"] if len(table) == 1 else value.strip()


def changed(table: Mapping[str, Plain], changes: Iterable[Change]) -> dict[str, Any]:
    """A copy of `table` with all `changes` applied in order."""
    result: dict[str, Plain] = {**table}
    for path, value in changes:
        result = put(result, path, value)
    return result


def put(table: Plain, keys: tuple[str, ...], value: Plain, seen: tuple[str, ...] = ()) -> dict[str, Plain]:
    """A copy of `table` with `value` at the path `keys`.

    Missing tables on the path are created. Short forms on the path, such as a loss `"bce+l1"`, are expanded to tables.
    Raises ConfigError if a value on the path is not a table.
    """
    inner = _as_table(table, seen)
    if inner is None:
        parent = ".".join(seen)
        raise ConfigError(
            f"cannot set `{'.'.join((*seen, *keys))}`: `{parent}` is a single value without keys",
            f"set `{parent}` as a whole",
        )
    key, rest = keys[0], keys[1:]
    inner[key] = put(inner.get(key), rest, value, (*seen, key)) if rest else value
    return inner


def _as_table(value: Plain, path: tuple[str, ...]) -> dict[str, Plain] | None:
    """`value` as a table, with the short form of a component or a loss expanded; None if it is a plain value."""
    if value is None:
        return {}
    if isinstance(value, str) and len(path) == 2 and path[0] == "loss":
        terms = parse_sum(value)
        if len(terms) == 1:
            return {"name": terms[0].loss, "weight": terms[0].weight}
        return {"terms": [{"name": t.loss, "weight": t.weight} for t in terms]}
    if isinstance(value, str):
        component = (path[0] in COMPONENT_KEYS and len(path) == 1) or (path[0] == "heads" and len(path) == 2)
        return {"name": value} if component else None
    return dict(value) if isinstance(value, Mapping) else None
