"""Parses references to components (`distribution/name:variant`) and losses (`task=a+0.5*b,task=c`). Torch-free."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mdf.core.errors import ConfigError

NAME = re.compile(r"^[a-z0-9][a-z0-9_.-]*$")


@dataclass(frozen=True, slots=True)
class Reference:
    """A component's name as the user writes it.

    Attributes:
        name: the component's name.
        variant: everything after the first `:` (the name of a model, a path); "" if there is no `:`.
        distribution: the distribution that offers the component; "" = any.
    """

    name: str
    variant: str = ""
    distribution: str = ""

    @staticmethod
    def parse(text: str) -> Reference:
        """Parse `distribution/name:variant`. Raises ConfigError if the name is missing or malformed."""
        head, _, variant = text.strip().partition(":")
        distribution, _, name = head.rpartition("/")
        if not NAME.match(name):
            raise ConfigError(
                f"`{text}` is not a valid component name",
                "write `name`, `family:variant` or `distribution/name`, with a name in lower case",
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
    """Parse `bce+0.5*l1` into weighted terms. Raises ConfigError for an empty term or an invalid weight."""
    return [_parse_term(part, text) for part in text.split("+")]


def _parse_term(part: str, whole: str) -> Term:
    weight, star, loss = part.strip().rpartition("*")
    try:
        value = float(weight) if star else 1.0
    except ValueError:
        value = -1.0
    if not loss.strip() or not 0 < value < float("inf"):
        raise ConfigError(
            f"`{whole}` is not a sum of losses: `{part.strip()}` has no name, or its weight is not a positive number",
            "write for example `bce+0.5*l1`",
        )
    return Term(loss.strip(), value)


def split_losses(text: str) -> dict[str, str]:
    """Parse `mask=bce+0.5*l1,depth=l1` into sums by task. A sum without a task has the key "".

    Raises ConfigError if a task occurs twice, or if a task or a loss is empty.
    """
    losses: dict[str, str] = {}
    for part in text.split(","):
        before, equals, after = part.partition("=")
        task, loss = (before.strip(), after.strip()) if equals else ("", part.strip())
        if not loss or (equals and not task):
            raise ConfigError(
                f"`{text}` has no task or no loss in `{part}`", "write for example `l1` or `mask=bce,depth=l1`"
            )
        if task in losses:
            raise ConfigError(
                f"`{text}` has two losses for task `{task}`" if task else f"`{text}` has two losses without a task",
                "write a sum of losses for one task with `+`: `mask=bce+0.5*l1`",
            )
        losses[task] = loss
    return losses
