"""`--set loss.depth.weight=0.5`: one override syntax for every key, component options included. Torch-free."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from mdf.core.errors import ConfigError
from mdf.core.grammar import parse_sum

COMPONENT_KEYS = ("data", "encoder", "fusion", "decoder", "predictor", "schedule", "balance")


Change = tuple[tuple[str, ...], Any]
"""A key's path, and its new value."""


def parse_override(text: str) -> Change:
    """`a.b=value` as a path and a value; the value is read as TOML, else as a bare string."""
    path, equals, value = text.partition("=")
    keys = tuple(key.strip() for key in path.split("."))
    if not equals or not all(keys):
        raise ConfigError(f"`--set {text}` is not an override", "write for example `--set encoder.width=32`")
    try:
        read = tomllib.loads(f"value = {value}")
    except tomllib.TOMLDecodeError:
        return keys, value.strip()
    return keys, read["value"] if len(read) == 1 else value.strip()


def changed(table: Mapping[str, Any], changes: Iterable[Change]) -> dict[str, Any]:
    """A copy of `table` with every value of `changes` put in, later ones last."""
    result: dict[str, Any] = {**table}
    for path, value in changes:
        result = put(result, path, value)
    return result


def put(table: Any, keys: tuple[str, ...], value: Any, seen: tuple[str, ...] = ()) -> dict[str, Any]:
    """A copy of `table` with `value` at the path `keys`; tables on the way are made, short forms written out."""
    inner = _as_table(table, seen)
    if inner is None:
        raise ConfigError(
            f"`{'.'.join((*seen, *keys))}`: `{'.'.join(seen)}` has no keys of its own", "set it as a whole"
        )
    key, rest = keys[0], keys[1:]
    inner[key] = put(inner.get(key), rest, value, (*seen, key)) if rest else value
    return inner


def _as_table(value: Any, path: tuple[str, ...]) -> dict[str, Any] | None:
    """A table to put a key into; a component's or loss's short form is written out first."""
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
