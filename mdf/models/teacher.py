"""`teacher`: the trained network that others learn from, made again from its run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from mdf.core.config import ExperimentConfig
from mdf.core.task import Task
from mdf.engine.model import Model
from mdf.engine.teacher import Teacher
from mdf.models import files, start
from mdf.models.restore import network_of
from mdf.registry import Catalog


def check_teacher(config: ExperimentConfig, tasks: Mapping[str, Task], catalog: Catalog) -> Model | None:
    """The network of the teacher of `config` on no device, if it has one. Raises MdfError where it cannot be made again
    at its size or cannot teach `tasks`."""
    if config.teacher is None:
        return None
    start.check_tasks(config.teacher, "teacher", tasks)
    with torch.device("meta"):
        return _network(config, catalog)[0]


def teacher_of(config: ExperimentConfig, catalog: Catalog) -> Teacher | None:
    """The teacher of `config`, on the CPU. Raises MdfError where it cannot be made again."""
    if config.teacher is None:
        return None
    model, weights, tasks = _network(config, catalog)
    model.load_state_dict(weights)
    return Teacher(model, tasks, config.teacher.weight)


def _network(config: ExperimentConfig, catalog: Catalog) -> tuple[Model, Mapping[str, Tensor], Mapping[str, Task]]:
    assert config.teacher is not None
    folder = Path(config.teacher.folder)
    return network_of(folder, files.config_of(folder, {"size": config.size}), catalog)
