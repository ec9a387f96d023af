"""`teacher`: the trained network that another one learns from, restored from its run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from mdf.core.config import ExperimentConfig, TeacherRun
from mdf.core.dataset import Dataset
from mdf.core.sample import BACKGROUND_DEPTH
from mdf.core.task import Task
from mdf.data.wrappers import WithBackgroundInfo
from mdf.engine.model import Model
from mdf.engine.teacher import Teacher
from mdf.models import start, stored_config
from mdf.models.restore import network_of
from mdf.registry import Catalog


def check_teacher(config: ExperimentConfig, tasks: Mapping[str, Task], catalog: Catalog) -> Model | None:
    """The network of the teacher of `config`, of meta tensors; None where there is no teacher.

    Raises MdfError where it cannot be restored at the size of `config`, or does not predict `tasks` in their units.
    """
    if config.teacher is None:
        return None
    start.check_tasks(config.teacher, "teacher", tasks)
    with torch.device("meta"):
        return _network(config.teacher, config, catalog)[0]


def teacher_of(config: ExperimentConfig, catalog: Catalog) -> Teacher | None:
    """The teacher of `config`, on the CPU; None where there is none. Raises MdfError where it cannot be restored."""
    if config.teacher is None:
        return None
    model, weights, tasks = _network(config.teacher, config, catalog)
    model.load_state_dict(weights)
    return Teacher(model, tasks, config.teacher.weight)


def told(dataset: Dataset, teacher: Teacher | None) -> Dataset:
    """`dataset`, its batches holding the depth of their empty scenes where `teacher` reads it, also if its student
    does not."""
    if teacher is None or not teacher.model.guided or BACKGROUND_DEPTH not in dataset.knows:
        return dataset
    return WithBackgroundInfo(dataset, (BACKGROUND_DEPTH,))


def _network(
    teacher: TeacherRun, config: ExperimentConfig, catalog: Catalog
) -> tuple[Model, Mapping[str, Tensor], Mapping[str, Task]]:
    folder = Path(teacher.folder)
    return network_of(folder, stored_config.config_of(folder, {"size": config.size}), catalog)
