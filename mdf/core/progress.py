"""What a running trial tells its parent: small frozen objects that pickle. Torch-free."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Stage:
    """What the trial is busy with now, e.g. `rendering scenes`; `done` of `total` where that is known."""

    name: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One optimiser step done (sent every few). `losses` by task, of this step."""

    step: int
    steps: int
    losses: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Epoch:
    """The validation split was scored.

    Attributes:
        number: counts from 0, which is the untrained model.
        step: optimiser steps done.
        losses: mean training loss of each task since the last one; empty for number 0.
        scores: validation scores by column.
        selection: mean over tasks of the headline score, scaled between untrained (0) and perfect (1).
        eligible: whether every task has been trained, so that this epoch may be chosen.
    """

    number: int
    step: int
    losses: Mapping[str, float] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    selection: float = 0.0
    eligible: bool = False


@dataclass(frozen=True, slots=True)
class Warned:
    """Something went otherwise than was asked, and the trial goes on."""

    message: str


Progress = Stage | Step | Epoch | Warned

OnProgress = Callable[[Progress], None]
"""Is told what a worker tells."""
