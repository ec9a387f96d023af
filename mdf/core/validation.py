"""pydantic's findings told in one line: which key, what is wrong, and the closest cure. Torch-free."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from pydantic import BaseModel, ValidationError

from mdf.core.errors import ConfigError


def explain(error: ValidationError, model: type[BaseModel], source: str, hint: str = "") -> ConfigError:
    """The first finding of `error` as a ConfigError; `source` says what was read, `hint` what to do."""
    finding = error.errors(include_url=False)[0]
    path = [str(part) for part in finding["loc"]]
    key = ".".join(path)
    if finding["type"] == "extra_forbidden":
        return ConfigError(f"{source} has no key `{key}`", _close(path, model) or hint)
    message = finding["msg"].removeprefix("Value error, ")
    given = "" if finding["type"] == "missing" else f" (it is {_short(finding['input'])})"
    return ConfigError(f"{source}: {f'`{key}`: ' if key else ''}{message}{given}", hint)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _close(path: list[str], model: type[BaseModel]) -> str:
    """`did you mean`, for the last key of `path` inside `model`."""
    for part in path[:-1]:
        inner = model.model_fields[part].annotation if part in model.model_fields else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return ""
        model = inner
    return did_you_mean(path[-1], model.model_fields)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean a or b?`, or the few known words where nothing is close; "" where there are none."""
    names = list(known)
    close = difflib.get_close_matches(word, names, n=3, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(f'`{name}`' for name in close)}?"
    return f"known: {', '.join(names)}" if 0 < len(names) <= 20 else ""
