"""Single-task baselines: a configuration of several tasks with only one of its heads. Torch-free."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from mdf.core.config import ExperimentConfig, to_table
from mdf.core.plain import Table

UNUSED = ("balance",)
"""Keys that mean nothing for one task: a baseline has their default."""
ALIKE_ALONE = ("joint", "alternate")
"""Schedules that are the same for one task: a baseline has the first. It keeps any other, which may choose sizes."""


def with_baselines(configs: Sequence[ExperimentConfig]) -> list[ExperimentConfig]:
    """`configs`, then the baselines of each network that predicts several tasks. Equal ones are kept once."""
    several = [config for config in configs if config.trains and len(config.heads) > 1]
    both = [*configs, *(baseline for config in several for baseline in baselines(config).values())]
    return list({json.dumps(to_table(config), sort_keys=True): config for config in both}.values())


def baselines(config: ExperimentConfig) -> dict[str, ExperimentConfig]:
    """The configuration with each of its tasks alone, by task. The loss of a lone task has no weight."""
    return {task: _alone(config, task) for task in config.heads}


def identity(config: Table) -> str:
    """The whole config but the seed, and for one task without the keys that mean nothing for it."""
    heads = config.get("heads")
    alone = isinstance(heads, Mapping) and len(heads) == 1
    left_out = ("seed", *_unused(config)) if alone else ("seed",)
    return json.dumps({key: value for key, value in config.items() if key not in left_out}, sort_keys=True)


def _alone(config: ExperimentConfig, task: str) -> ExperimentConfig:
    losses = {task: config.loss[task].model_copy(update={"weight": 1.0})} if task in config.loss else {}
    metrics = {task: config.metrics[task]} if task in config.metrics else {}
    defaults = {key: ExperimentConfig.model_fields[key].default for key in _unused(to_table(config))}
    return config.model_copy(
        update={"heads": {task: config.heads[task]}, "loss": losses, "metrics": metrics, **defaults}
    )


def _unused(config: Table) -> tuple[str, ...]:
    """The keys whose values mean nothing for one task."""
    schedule = config.get("schedule")
    name = schedule.get("name") if isinstance(schedule, Mapping) else schedule
    return (*UNUSED, "schedule") if name in ALIKE_ALONE else UNUSED
