"""A component's wrong options as an error: whose they are, what is wrong, and the command that shows them."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from mdf.core.errors import ConfigError, MdfError, PluginError
from mdf.core.validation import Problem, translate
from mdf.registry.origin import Offer

if TYPE_CHECKING:
    from pydantic import ValidationError

    from mdf.core.component import ComponentConfig


def option_error(
    offer: Offer, schema: type[ComponentConfig], given: Collection[str], where: str, invalid: ValidationError
) -> MdfError:
    """The first finding of `invalid`: a ConfigError, or a PluginError if the component's own default is invalid.

    `given` are the names of the options; `where` stands before an option's name.
    """
    name = f"{offer.kind} `{offer.spec.name}`"
    problem = translate(invalid, schema, name, noun="option", where=where)
    if _own_default(schema, given, problem):
        option = ".".join([where, *problem.path])
        message = f"{name} of {offer.description}: its default of {option} is invalid: {problem.reason}"
        return PluginError(message, f"set {option}, and tell the plugin's authors")
    show = f"`mdf plugins show {offer.kind} {offer.spec.name if offer.builtin else offer.full_name}`"
    needed = f"`--set {'.'.join([where, *problem.path])}=…`" if problem.kind == "missing" else ""
    nothing = "it has no option there" if problem.kind == "unknown" else ""
    return ConfigError(problem.message, "; ".join(filter(None, [needed, problem.cure or nothing, show])))


def _own_default(schema: type[ComponentConfig], given: Collection[str], problem: Problem) -> bool:
    if not problem.path:
        return not given
    field = problem.path[0]
    return field in schema.model_fields and field not in given and problem.kind != "missing"
