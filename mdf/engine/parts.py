"""The built components of one trial, and what it begins with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from mdf.core.dataset import Dataset
from mdf.core.predictor import Predictor
from mdf.core.schedule import Schedule
from mdf.core.task import Task
from mdf.engine.model import Model
from mdf.engine.objective import Objective
from mdf.engine.scoring import Column
from mdf.engine.teacher import Teacher

BuildModel = Callable[[Sequence[float], Sequence[float]], Model]
"""Composes a new network around the mean and deviation (range 0–1, RGB) of the training frames."""


@dataclass(frozen=True, slots=True)
class Start:
    """A trained network to go on from.

    Attributes:
        weights: its state, which holds the statistics that it normalises by.
        constants: each task's constants, as `Task.configure` takes them.
        calibrations: each task's calibration, where the network is used as it is; one that learns on gets a new one.
    """

    weights: Mapping[str, Tensor]
    constants: Mapping[str, Mapping[str, float]]
    calibrations: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parts:
    """The components of one trial: `build_model`, `objective` and `schedule`; or `build_model` and `start` of a network
    that is scored as it is; or `predictor`.

    Attributes:
        dataset: trained on, and scored on its test split.
        tasks: what is predicted, by name.
        columns: each task's metrics, its headline score first.
        elsewhere: other data sets by label; every sample of them is scored too.
        start: a trained network to go on from.
        teacher: a trained network to learn from.
    """

    dataset: Dataset
    tasks: Mapping[str, Task]
    columns: list[Column]
    build_model: BuildModel | None = None
    objective: Objective | None = None
    schedule: Schedule | None = None
    elsewhere: Mapping[str, Dataset] = field(default_factory=dict)
    predictor: Predictor | None = None
    start: Start | None = None
    teacher: Teacher | None = None


def build_network(parts: Parts, mean: Sequence[float], std: Sequence[float]) -> Model:
    """The network of `parts`, on the CPU, built around the statistics of the training frames.

    A network to go on from keeps its own statistics, and sets its tasks' constants. A calibration is that of a network
    that is used as it is, else there is none yet.
    """
    assert parts.build_model is not None
    model = parts.build_model(mean, std)
    for name, task in parts.tasks.items():
        task.calibrate(parts.start.calibrations.get(name, {}) if parts.start else {})
    if parts.start is not None:
        for name, task in parts.tasks.items():
            task.configure(parts.start.constants[name])
        model.load_state_dict(parts.start.weights)
    return model
