"""What a network begins or learns with: the weights and constants of a stored run, checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from mdf.core.config import ExperimentConfig, StoredRun
from mdf.core.errors import ConfigError
from mdf.core.task import Task
from mdf.engine.parts import Start
from mdf.models import files

OWN_LAYERS = ("decoder.branches", "heads")
"""Where a network keeps what belongs to one task: see `mdf.engine.model.Model.own_layers`."""


def start_of(init: StoredRun, tasks: Mapping[str, Task]) -> Start:
    """What training begins with: the weights and constants of the run `init` that belong to `tasks`.

    Raises ConfigError where the run did not learn one of them, or learned it in another unit.
    """
    folder = Path(init.folder)
    stored = check_tasks(init, "init", tasks)
    others = tuple(f"{part}.{name}." for name in stored if name not in tasks for part in OWN_LAYERS)
    weights = {key: value for key, value in files.weights_of(folder).items() if not key.startswith(others)}
    return Start(weights, {name: stored[name]["constants"] for name in tasks})


def check_tasks(run: StoredRun, key: str, tasks: Mapping[str, Task]) -> Mapping[str, Any]:
    """What is stored of each task of `run`, which a config's `key` names.

    Raises ConfigError where it did not learn one of `tasks`, or learned it in another unit.
    """
    stored: Mapping[str, Any] = files.constants_of(Path(run.folder))["tasks"]
    for name, task in tasks.items():
        if name not in stored:
            raise ConfigError(
                f"the run {run.run} predicts {', '.join(stored)}, and `{name}` is to be trained",
                f"train what it predicts with `--heads {','.join(stored)}`, or leave `{key}` out",
            )
        if stored[name]["unit"] != task.unit:
            raise ConfigError(
                f"the run {run.run} learned `{name}` in {_unit(stored[name]['unit'])}, the data give it in "
                f"{_unit(task.unit)}",
                f"train on data of the same unit, or leave `{key}` out",
            )
    return stored


def check_start(start: Start, network: Mapping[str, Tensor], config: ExperimentConfig) -> None:
    """Raise ConfigError, naming what differs, where the network of `config` cannot begin with `start`."""
    wrong = files.misfit(start.weights, network)
    if not wrong or config.init is None:
        return
    theirs, ours = (_architecture(c) for c in (files.config_of(Path(config.init.folder)), config))
    differing = [key for key in {**theirs, **ours} if theirs.get(key) != ours.get(key)]
    told = [f"`{key}` is {theirs.get(key, 'absent')} there and {ours.get(key, 'absent')} here" for key in differing]
    raise ConfigError(
        f"training cannot begin with the run {config.init.run}: {'; '.join(told[:3]) or wrong}",
        "build the same network, or leave `init` out",
    )


def _architecture(config: ExperimentConfig) -> dict[str, object]:
    """What decides a network's layers, by key."""
    parts = {"encoder": config.encoder, "fusion": config.fusion, "decoder": config.decoder}
    parts |= {f"heads.{task}": head for task, head in config.heads.items()}
    names = {key: part.name for key, part in parts.items()}
    return names | {f"{key}.{name}": value for key, part in parts.items() for name, value in part.options.items()}


def _unit(unit: str) -> str:
    return f"`{unit}`" if unit else "no unit"
