"""pydantic's errors about a component's options, in one line: which option, what is wrong, what is allowed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mdf.core.errors import ConfigError, MdfError, PluginError
from mdf.core.validation import did_you_mean
from mdf.registry.origin import Offer
from mdf.registry.reasons import one_line

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from mdf.core.component import ComponentConfig


def option_error(
    offer: Offer,
    schema: type[ComponentConfig],
    options: Mapping[str, object],
    where: str,
    invalid: ValidationError,
) -> MdfError:
    """The first of pydantic's errors: a ConfigError, or a PluginError where a default of its own is invalid."""
    errors = invalid.errors(include_url=False)
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    name = ".".join([where, *map(str, first["loc"])])
    show = f"`mdf plugins show {offer.kind} {offer.full_name if not offer.builtin else offer.spec.name}`"
    if _own_default(schema, options, first):
        message = f"{offer.kind} `{offer.spec.name}` of {offer.told}: its default {name} = {_value(first)}"
        return PluginError(f"{message}: {_message(first)}", f"set {name}, and tell the plugin's authors")
    if first["type"] == "extra_forbidden":
        message = f"{name} is no option of {offer.kind} `{offer.spec.name}`{more}"
        return ConfigError(message, f"{_nearest(schema, first)}; {show}")
    if first["type"] == "missing":
        return ConfigError(f"{name} is missing{more}", f"`--set {name}=…`; {show}")
    return ConfigError(f"{name} = {_value(first)}: {_message(first)}{more}", _list_hint(name, first) or show)


def _list_hint(name: str, error: ErrorDetails) -> str:
    """How a list is written, where something else was given for one."""
    if error["type"] not in ("tuple_type", "list_type", "set_type"):
        return ""
    given = error["input"]
    parts = [part.strip() for part in given.split(",")] if isinstance(given, str) else [given]
    return f"a list is written in brackets: `--set '{name}={json.dumps(parts, default=str)}'`"


def _own_default(schema: type[ComponentConfig], options: Mapping[str, object], error: ErrorDetails) -> bool:
    field = str(error["loc"][0]) if error["loc"] else ""
    if not field:
        return not options
    return field in schema.model_fields and field not in options and error["type"] != "missing"


def _message(error: ErrorDetails) -> str:
    return one_line(error["msg"].removeprefix("Value error, "))


def _value(error: ErrorDetails) -> str:
    return one_line(repr(error["input"]))


def _nearest(schema: type[ComponentConfig], error: ErrorDetails) -> str:
    known = list(schema.model_fields) if len(error["loc"]) == 1 else []
    return did_you_mean(str(error["loc"][-1]), known) or "it has none there"
