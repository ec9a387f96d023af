"""One thing that is wrong with a data set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, where, and the cure.

    Attributes:
        level: an `error` makes scores wrong or training impossible; a `warning` is to be known.
        kind: what sort of finding it is, e.g. `unreadable` or `leak`.
        what: the file or sample, and what is wrong with it.
        cure: what to do about it.
    """

    level: Literal["error", "warning"]
    kind: str
    what: str
    cure: str
