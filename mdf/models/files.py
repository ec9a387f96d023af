"""The files of a trained network: config, weights, and the constants of its tasks; each checked before it is used."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from mdf.core.config import ExperimentConfig, validate
from mdf.core.errors import MdfError
from mdf.core.files import read_json, write_json
from mdf.core.task import Task
from mdf.engine.model import Model
from mdf.runs import result
from mdf.runs.result import CONFIG, MODEL, WEIGHTS
from mdf.runs.tensors import own, write_tensors

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


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "one number"


def _nothing_there(path: Path) -> MdfError:
    """`path` is missing: because the run failed, or the folder is not whole."""
    if result.has_ended(path.parent):
        stored = result.load(path.parent)
        if not stored.ok:
            return MdfError(
                f"the run {path.parent.name} ended `{stored.status}` and left no network: {stored.reason}",
                stored.hint or "choose another run; `latest` means the last one that left a network",
            )
    return MdfError(f"there is no {path}", f"a model is the three files {CONFIG}, {MODEL} and {WEIGHTS}; {DAMAGED}")
