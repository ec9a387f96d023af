"""The files of a trained network: config, weights, and the constants of its tasks; each checked before it is used."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from mdf.core.config import ExperimentConfig, StoredRun, validate
from mdf.core.errors import ConfigError, MdfError
from mdf.core.files import read_json, write_json
from mdf.core.task import Task
from mdf.engine.flow import Start
from mdf.engine.model import Model
from mdf.runs import result
from mdf.runs.result import CONFIG, MODEL, WEIGHTS
from mdf.runs.tensors import own, write_tensors

OWN_LAYERS = ("decoder.branches", "heads")
"""Where a network keeps what belongs to one task: see `mdf.engine.model.Model.own_layers`."""
DAMAGED = "copy the run's folder again, or run its `config.toml` once more"


def write(folder: Path, model: Model, tasks: Mapping[str, Task], plugins: Mapping[str, str]) -> None:
    """Weights, and what `model.json` needs to use them: the tasks' constants and units, the plugins it is made with."""
    told = {name: {"constants": task.constants, "unit": task.unit} for name, task in tasks.items()}
    write_tensors(folder / WEIGHTS, {key: own(x) for key, x in model.state_dict().items()})
    write_json(folder / MODEL, {"tasks": told, "plugins": dict(plugins)})


def config_of(folder: Path, changes: Mapping[str, Any] | None = None) -> ExperimentConfig:
    """The config of the run in `folder`, with `changes`. Raises MdfError where it trained no network."""
    path = folder / CONFIG
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _nothing_there(path) from None
    except (OSError, ValueError) as error:
        raise MdfError(f"cannot read {path}: {error}", DAMAGED) from error
    config = validate(table, str(path))
    if given := {key: value for key, value in (changes or {}).items() if value}:
        config = validate({**table, **given}, f"the run {folder.name} used otherwise")
    if config.predictor is not None:
        raise MdfError(
            f"the run {folder.name} is the method `{config.predictor.name}`, which leaves no network to load",
            "name a run that trained one; `latest` means the last of these",
        )
    return config


def constants_of(folder: Path) -> dict[str, Any]:
    """What `model.json` holds: the tasks' constants and units, and the plugins that the network is made with."""
    path = folder / MODEL
    if not path.is_file():
        raise _nothing_there(path)
    stored = read_json(path)
    try:
        for task in stored["tasks"].values():
            str(task["unit"]), {key: float(value) for key, value in task["constants"].items()}
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise MdfError(f"{path} is damaged: it does not tell the tasks' constants and units", DAMAGED) from error
    return dict(stored)


def weights_of(folder: Path) -> dict[str, Tensor]:
    """The network's state by name, on the CPU. Nothing is unpickled: weights are safetensors."""
    path = folder / WEIGHTS
    if not path.is_file():
        raise _nothing_there(path)
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise MdfError(f"{path} is damaged: {error}", DAMAGED) from error


def misfit(weights: Mapping[str, Tensor], network: Mapping[str, Tensor]) -> str:
    """Where `weights` are not exactly those that a network of the state `network` has; "" where they are."""
    wrong = [f"`{key}` is missing" for key in network if key not in weights]
    wrong += [f"`{key}` is none of the network's" for key in weights if key not in network]
    wrong += [
        f"`{key}` is {_shape(weights[key])}, in the network {_shape(network[key])}"
        for key in network
        if key in weights and weights[key].shape != network[key].shape
    ]
    return f"{wrong[0]}{f' (and {len(wrong) - 1} more)' if len(wrong) > 1 else ''}" if wrong else ""


def start_of(init: StoredRun, tasks: Mapping[str, Task]) -> Start:
    """What training begins with: the weights and constants of the run `init` that belong to `tasks`.

    Raises ConfigError where the run did not learn one of them, or learned it in another unit.
    """
    folder = Path(init.folder)
    stored = check_tasks(init, "init", tasks)
    others = tuple(f"{part}.{name}." for name in stored if name not in tasks for part in OWN_LAYERS)
    weights = {key: value for key, value in weights_of(folder).items() if not key.startswith(others)}
    return Start(weights, {name: stored[name]["constants"] for name in tasks})


def check_tasks(run: StoredRun, key: str, tasks: Mapping[str, Task]) -> Mapping[str, Any]:
    """What is stored of each task of `run`, which a config's `key` names.

    Raises ConfigError where it did not learn one of `tasks`, or learned it in another unit.
    """
    stored: Mapping[str, Any] = constants_of(Path(run.folder))["tasks"]
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
    wrong = misfit(start.weights, network)
    if not wrong or config.init is None:
        return
    theirs, ours = (_architecture(c) for c in (config_of(Path(config.init.folder)), config))
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


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "one number"


def _nothing_there(path: Path) -> MdfError:
    """`path` is missing: because the run failed, or the folder is not whole."""
    if result.has_ended(path.parent):
        result = result.load(path.parent)
        if not result.ok:
            return MdfError(
                f"the run {path.parent.name} ended `{result.status}` and left no network: {result.reason}",
                result.hint or "choose another run; `latest` means the last one that left a network",
            )
    return MdfError(f"there is no {path}", f"a model is the three files {CONFIG}, {MODEL} and {WEIGHTS}; {DAMAGED}")
