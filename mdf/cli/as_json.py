"""The one place that turns results into the JSON of `--json`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mdf.core.files import encodable
from mdf.core.plain import Plain

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Value = Plain | Path | DataclassInstance | Mapping[str, "Value"] | Sequence["Value"] | Set[str]


def print_json(value: Value) -> None:
    """Print `value` as JSON on stdout."""
    click.echo(encodable(json.dumps(plain(value), indent=1, ensure_ascii=False)))


def print_json_line(value: Value) -> None:
    """Print `value` as one line of JSON on stdout."""
    click.echo(encodable(json.dumps(plain(value), ensure_ascii=False)))


def plain(value: Value) -> Plain:
    """A dataclass, and whatever it holds, as plain data.

    A dataclass becomes an object of the fields that its `repr` shows. NaN and infinity, which JSON does not have,
    become null; a path becomes text; a set is sorted. Raises TypeError for anything else that is no plain data.
    """
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Path):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value) if one.repr}
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, Set):
        return [plain(inner) for inner in sorted(value)]
    if isinstance(value, Sequence):
        return [plain(inner) for inner in value]
    raise TypeError(f"{type(value).__name__} has no JSON form")
