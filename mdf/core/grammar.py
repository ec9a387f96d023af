"""How components and losses are written: `distribution/name:variant` and `task=a+0.5*b,task=c`. Torch-free."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mdf.core.errors import ConfigError

NAME = re.compile(r"^[a-z0-9][a-z0-9_.-]*$")


@dataclass(frozen=True, slots=True)
class Reference:
    """A component as the user names it.

    Attributes:
        name: the component's own name.
        variant: everything after the first `:` (a model's name, a path); "" where there is none.
        distribution: whose component is meant; "" = whoever offers the bare name.
    """

    name: str
    variant: str = ""
    distribution: str = ""

    @staticmethod
    def parse(text: str) -> Reference:
        """Read `distribution/name:variant`. Raises ConfigError where there is no name."""
        head, _, variant = text.strip().partition(":")
        distribution, _, name = head.rpartition("/")
        if not NAME.match(name):
            raise ConfigError(
                f"`{text}` is not a component's name",
                "write `name`, `family:variant` or `distribution/name`; names are lower case",
            )
        return Reference(name, variant, distribution)

    def __str__(self) -> str:
        head = f"{self.distribution}/{self.name}" if self.distribution else self.name
        return f"{head}:{self.variant}" if self.variant else head


@dataclass(frozen=True, slots=True)
class Term:
    """One loss of a weighted sum."""

    loss: str
    weight: float = 1.0


def parse_sum(text: str) -> list[Term]:
    """Read `bce+0.5*l1` as weighted terms. Raises ConfigError on an empty term or a bad weight."""
    return [_parse_term(part, text) for part in text.split("+")]


def _parse_term(part: str, whole: str) -> Term:
    weight, star, loss = part.strip().rpartition("*")
    try:
        value = float(weight) if star else 1.0
    except ValueError:
        value = -1.0
    if not loss.strip() or not 0 < value < float("inf"):
        raise ConfigError(
            f"`{whole}` is not a sum of losses: `{part.strip()}` has no name or no positive weight",
            "write for example `bce+0.5*l1`",
        )
    return Term(loss.strip(), value)


def split_losses(text: str) -> dict[str, str]:
    """Read `mask=bce+0.5*l1,depth=l1` as sums by task; a sum without a task has the key "".

    Raises ConfigError where a task is named twice or something stands empty.
    """
    found: dict[str, str] = {}
    for part in text.split(","):
        task, equals, losses = part.partition("=")
        key, value = (task.strip(), losses.strip()) if equals else ("", part.strip())
        if not value or (equals and not key):
            raise ConfigError(f"`{text}` names no loss in `{part}`", "write `l1` or `mask=bce,depth=l1`")
        if key in found:
            raise ConfigError(
                f"`{text}` names the loss of {f'task `{key}`' if key else 'no task'} twice",
                "sum losses of one task with `+`: `mask=bce+0.5*l1`",
            )
        found[key] = value
    return found
