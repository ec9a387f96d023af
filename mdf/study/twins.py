"""Single-task twins: a configuration of several tasks with one of its heads alone. Torch-free."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mdf.core.config import ExperimentConfig, to_table

UNUSED = ("balance",)
"""What has no meaning for one task: how tasks are weighed. A twin has the default."""
ALIKE_ALONE = ("joint", "alternate")
"""Schedules that are one and the same for one task; a twin has the first. Others it keeps: they may choose sizes."""


def with_twins(configs: Sequence[ExperimentConfig]) -> list[ExperimentConfig]:
    """`configs`, and after them the twins of each network that predicts several tasks; equal ones once."""
    found = [
        *configs,
        *(twin for c in configs if c.predictor is None and len(c.heads) > 1 for twin in twins(c).values()),
    ]
    return list({json.dumps(to_table(config), sort_keys=True): config for config in found}.values())


def twins(config: ExperimentConfig) -> dict[str, ExperimentConfig]:
    """The same configuration for each of its tasks alone, by task. A lone task's loss has no weight."""
    return {
        task: config.model_copy(
            update={
                "heads": {task: head},
                "loss": {t: loss.model_copy(update={"weight": 1.0}) for t, loss in config.loss.items() if t == task},
                "metrics": {t: metrics for t, metrics in config.metrics.items() if t == task},
                **{key: ExperimentConfig.model_fields[key].default for key in _unused(to_table(config))},
            }
        )
        for task, head in config.heads.items()
    }


def identity(config: Mapping[str, Any]) -> str:
    """The whole config but the seed and, of one task, what has no meaning for it."""
    left_out = ("seed", *_unused(config)) if len(config.get("heads", ())) == 1 else ("seed",)
    return json.dumps({key: value for key, value in config.items() if key not in left_out}, sort_keys=True)


def _unused(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys whose values mean nothing for one task."""
    schedule = config.get("schedule")
    name = schedule.get("name") if isinstance(schedule, Mapping) else schedule
    return (*UNUSED, "schedule") if name in ALIKE_ALONE else UNUSED
