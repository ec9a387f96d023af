"""How many steps a training has, and the schedule's phases that share them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mdf.core.config import ExperimentConfig
from mdf.core.errors import ConfigError
from mdf.core.schedule import Phase, Schedule

DEFAULT_STEPS = 600


def training_steps(config: ExperimentConfig, samples: int) -> int:
    """The budget of `config` in optimiser steps, for a training split of `samples`."""
    per_epoch = max(1, samples // config.train.batch_size)
    if config.train.epochs is not None:
        return max(1, round(config.train.epochs * per_epoch))
    return config.train.steps or DEFAULT_STEPS


def plan_phases(schedule: Schedule, config: ExperimentConfig, tasks: Sequence[str], samples: int) -> list[Phase]:
    """The phases of the whole budget. Raises ConfigError if the schedule breaks its contract for it."""
    steps = training_steps(config, samples)
    phases = schedule.phases(steps, tasks, config.image_size)
    broken = [rule for rule, kept in phases_fit(phases, steps, tasks).items() if not kept]
    if broken:
        raise ConfigError(
            f"schedule `{config.schedule.name}` cannot share out {steps} steps; this does not hold: {broken[0]}",
            "give more steps, or another `--schedule`",
        )
    return phases


def phases_fit(phases: Sequence[Phase], steps: int, tasks: Sequence[str]) -> Mapping[str, bool]:
    """Whether a schedule's phases keep their contract, by rule."""
    return {
        f"the phases' steps add up to {steps}": sum(p.steps for p in phases) == steps,
        "every task learns in some phase": {t for p in phases for t in p.learning} >= set(tasks),
        "every phase has a task to learn": all(p.learning for p in phases),
    }
