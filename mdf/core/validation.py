"""Turns pydantic's errors into one line: which key, what is wrong, and what to do. Torch-free."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from mdf.core.errors import ConfigError
from mdf.core.names import did_you_mean, suggest

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

REFERENCE = "docs/reference/config.md lists the allowed values"
LONGEST_VALUE = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """The first finding of a validation, in words.

    Attributes:
        path: the key, from the outermost table inwards; empty if the table as a whole is wrong.
        kind: the key is `unknown`, it is `missing`, or its value is `invalid`.
        message: where it is and what is wrong.
        reason: what is wrong, without the place.
        cure: "" if nothing is known.
    """

    path: tuple[str, ...]
    kind: Literal["unknown", "missing", "invalid"]
    message: str
    reason: str
    cure: str


def translate(
    error: ValidationError, model: type[BaseModel], source: str, *, noun: str = "key", where: str = ""
) -> Problem:
    """The first finding of `error` in words.

    `source` says what was read, `noun` what its keys are called; `where` stands before each key.
    """
    findings = error.errors(include_url=False)
    finding = findings[0]
    path = tuple(str(part) for part in finding["loc"])
    key = ".".join(part for part in (where, *path) if part)
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    if finding["type"] == "extra_forbidden":
        reason = f"{source} has no {noun} `{key}`"
        return Problem(path, "unknown", f"{reason}{more}", reason, _close(path, model))
    if finding["type"] == "missing":
        return Problem(path, "missing", f"{source}: `{key}` is missing{more}", "it is missing", _cure(path, model))
    reason = " ".join(finding["msg"].removeprefix("Value error, ").split())
    place = f"`{key}` = {_short(finding['input'])}: " if path else f"`{key}`: " if key else ""
    cure = _other_form(finding, key) or _cure(path, model)
    return Problem(path, "invalid", f"{source}: {place}{reason}{more}", reason, cure)


def explain(error: ValidationError, model: type[BaseModel], source: str) -> ConfigError:
    """The first finding of `error` as a ConfigError; `source` says what was read."""
    problem = translate(error, model, source)
    return ConfigError(problem.message, problem.cure or REFERENCE)


def _other_form(finding: ErrorDetails, key: str) -> str:
    """How to write a value that has the wrong form; "" if the form is right."""
    if isinstance(finding["input"], list) and not finding["type"].startswith(("tuple", "too_long", "too_short")):
        return "to compare several values, list them in the `[grid]` table or repeat the option"
    if finding["type"] in ("tuple_type", "list_type"):
        given = finding["input"]
        parts = [part.strip() for part in given.split(",")] if isinstance(given, str) else [given]
        return f"a list is written in brackets: `--set '{key}={json.dumps(parts, default=str)}'`"
    return ""


def _cure(path: Iterable[str], model: type[BaseModel]) -> str:
    """What the key is for, and its default."""
    field: FieldInfo | None = None
    for part in path:
        if part not in model.model_fields:
            break
        field = model.model_fields[part]
        if not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
            break
        model = field.annotation
    if field is None:
        return ""
    default = field.default.model_dump() if isinstance(field.default, BaseModel) else field.default
    by_default = f"default: {default}" if isinstance(default, (str, int, float)) else ""
    return "; ".join(filter(None, [field.description or "", by_default]))


def _short(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 3]}…"


def _close(path: tuple[str, ...], model: type[BaseModel]) -> str:
    """Known keys like the last one of `path`, or the tables in which that key stands."""
    for part in path[:-1]:
        inner = model.model_fields[part].annotation if part in model.model_fields else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return ""
        model = inner
    tables = {name: field.annotation for name, field in model.model_fields.items()}
    inside = [f"{name}.{path[-1]}" for name, table in tables.items() if path[-1] in getattr(table, "model_fields", ())]
    if inside:
        return did_you_mean(inside[0], inside)
    return suggest(path[-1], model.model_fields)
