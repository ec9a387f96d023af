"""What training starts from: the weights and constants of another run, checked to fit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from mdf.core.config import ExperimentConfig, StoredRun
from mdf.core.errors import ConfigError
from mdf.core.task import Task
from mdf.engine.parts import Start
from mdf.models import files, stored_config
from mdf.models.files import StoredTask

OWN_LAYERS = ("decoder.branches", "heads")
"""Where a network keeps the layers of one task: see `mdf.engine.model.Model.own_layers`."""


def start_of(run: StoredRun, key: str, tasks: Mapping[str, Task]) -> Start:
    """The weights and constants of `run`, without those of tasks that are not in `tasks`.

    `key` is the config's key that names it.

    Raises ConfigError where the run did not learn one of them, or learned it in another unit.
    """
    stored = check_tasks(run, key, tasks)
    others = tuple(f"{part}.{name}." for name in stored if name not in tasks for part in OWN_LAYERS)
    weights = {k: x for k, x in files.weights_of(Path(run.folder)).items() if not k.startswith(others)}
    constants = {name: stored[name].constants for name in tasks}
    calibrations = {name: stored[name].calibration for name in tasks} if key == "model" else {}
    return Start(weights, constants, calibrations)


def check_tasks(run: StoredRun, key: str, tasks: Mapping[str, Task]) -> Mapping[str, StoredTask]:
    """The tasks of `run`, by name; `key` is the config's key that names the run, for messages.

    Raises ConfigError where the run did not learn one of `tasks`, or learned it in another unit.
    """
    stored = files.stored_model(Path(run.folder)).tasks
    for name, task in tasks.items():
        if name not in stored:
            raise ConfigError(
                f"the model {run.run} predicts {', '.join(stored)}, and `{name}` is to be trained",
                f"train what it predicts with `--heads {','.join(stored)}`, or leave `{key}` out",
            )
        if stored[name].unit != task.unit:
            raise ConfigError(
                f"the model {run.run} learned `{name}` in {_unit(stored[name].unit)}, the data give it in "
                f"{_unit(task.unit)}",
                f"use data of the same unit, leave this task out with `--heads`, or leave `{key}` out",
            )
    return stored


def check_start(start: Start, network: Mapping[str, Tensor], config: ExperimentConfig) -> None:
    """Raise ConfigError, naming what differs, where the network of `config` cannot start from `start`."""
    wrong = files.mismatch(start.weights, network)
    if wrong and config.model is not None:
        raise ConfigError(
            f"the weights of the model {config.model.run} do not fit the network that its config describes: {wrong}",
            "a plugin that it is made of has changed since: use the version that it was made with",
        )
    if not wrong or config.init is None:
        return
    theirs, ours = (_architecture(c) for c in (stored_config.config_of(Path(config.init.folder)), config))
    keys = [key for key in {**theirs, **ours} if theirs.get(key) != ours.get(key)]
    differences = [f"`{key}` is {theirs.get(key, 'absent')} there and {ours.get(key, 'absent')} here" for key in keys]
    raise ConfigError(
        f"training cannot start from the run {config.init.run}: {'; '.join(differences[:3]) or wrong}",
        "build the same network, or leave `init` out",
    )


def _architecture(config: ExperimentConfig) -> dict[str, str]:
    """The names and options that decide a network's layers, as text, by key."""
    parts = {"encoder": config.encoder, "fusion": config.fusion, "decoder": config.decoder}
    parts |= {f"heads.{task}": head for task, head in config.heads.items()}
    names = {key: part.name for key, part in parts.items()}
    return names | {f"{key}.{name}": str(value) for key, part in parts.items() for name, value in part.options.items()}


def _unit(unit: str) -> str:
    return f"`{unit}`" if unit else "no unit"
