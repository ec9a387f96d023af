"""Turns pydantic's errors into one line: which key, what is wrong, and what to do. Torch-free."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from mdf.core.errors import ConfigError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

REFERENCE = "docs/reference/config.md lists the allowed values"


def explain(error: ValidationError, model: type[BaseModel], source: str, hint: str = "") -> ConfigError:
    """The first finding of `error` as a ConfigError. `source` says what was read, `hint` what to do."""
    finding = error.errors(include_url=False)[0]
    path = [str(part) for part in finding["loc"]]
    key = ".".join(path)
    if finding["type"] == "extra_forbidden":
        return ConfigError(f"{source} has no key `{key}`", _close(path, model) or hint or REFERENCE)
    message = finding["msg"].removeprefix("Value error, ")
    given = "" if finding["type"] == "missing" else f" (it is {_short(finding['input'])})"
    return ConfigError(f"{source}: {f'`{key}`: ' if key else ''}{message}{given}", hint or _cure(path, model, finding))


def _cure(path: list[str], model: type[BaseModel], finding: ErrorDetails) -> str:
    """The key's description and default, or a page to read if the key has neither."""
    if isinstance(finding["input"], list) and not finding["type"].startswith(("tuple", "too_long", "too_short")):
        return "to compare several values, list them in the `[grid]` table or repeat the option"
    if isinstance(finding["input"], str) and finding["type"] == "tuple_type":
        return f'this key needs a list: write `["{finding["input"]}"]`'
    field: FieldInfo | None = None
    for part in path:
        if part not in model.model_fields:
            break
        field = model.model_fields[part]
        if not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
            break
        model = field.annotation
    if field is None:
        return REFERENCE
    default = field.default.model_dump() if isinstance(field.default, BaseModel) else field.default
    parts = [field.description or "", f"default: {default}" if isinstance(default, (str, int, float)) else ""]
    return "; ".join(filter(None, parts)) or REFERENCE


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _close(path: list[str], model: type[BaseModel]) -> str:
    """`did you mean …?` for the last key of `path`: similar keys of `model`, or the same key in one of its tables."""
    for part in path[:-1]:
        inner = model.model_fields[part].annotation if part in model.model_fields else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return ""
        model = inner
    tables = {name: field.annotation for name, field in model.model_fields.items()}
    inside = [f"{name}.{path[-1]}" for name, table in tables.items() if path[-1] in getattr(table, "model_fields", ())]
    return did_you_mean(inside[0], inside) if inside else did_you_mean(path[-1], model.model_fields)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean a or b?`. If no known word is similar: all known words, or "" if they are too many or none."""
    names = list(known)
    close = difflib.get_close_matches(word, names, n=3, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(f'`{name}`' for name in close)}?"
    return f"known: {', '.join(names)}" if 0 < len(names) <= 20 else ""
