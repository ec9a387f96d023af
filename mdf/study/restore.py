"""A run's folder made a network again: config, constants and weights, each checked before it is used."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from mdf.core import flow
from mdf.core import runtime as machine
from mdf.core.config import ExperimentConfig, validate
from mdf.core.errors import MdfError, PluginError, UnknownNameError
from mdf.core.model import Model
from mdf.core.runtime import Runtime
from mdf.core.task import Task
from mdf.registry import Catalog
from mdf.study import assemble, results
from mdf.study.files import read_json
from mdf.study.results import CONFIG, WEIGHTS
from mdf.study.trial import MODEL

DAMAGED = "copy the run's folder again, or run its `config.toml` once more"


@dataclass(frozen=True, slots=True)
class Restored:
    """A trained network in `eval` mode on its device, with the tasks that turn its logits into values."""

    folder: Path
    config: ExperimentConfig
    model: Model
    tasks: Mapping[str, Task]
    runtime: Runtime


def restore(
    folder: Path, plugins: Sequence[str] = (), device: str | None = None, precision: str | None = None
) -> Restored:
    """The network of the run in `folder`; `device` and `precision` replace those of its config.

    Nothing is unpickled: weights are safetensors.

    Raises
        MdfError: the run left no network; a file is missing, damaged or does not fit the others; a plugin that
            it was made with is missing or fails.
    """
    config = _config(folder, {"device": device or "auto", "precision": precision})
    stored = _constants(folder)
    weights = _weights(folder)
    catalog = Catalog.discover(plugins)
    try:
        tasks = {name: _task(config, name, constants, catalog) for name, constants in stored["tasks"].items()}
        model = assemble.model(_without_downloads(config), list(tasks), catalog, (0.5,) * 3, (0.25,) * 3)
    except (UnknownNameError, PluginError) as error:
        raise _with_cure(error, folder, stored, catalog) from error
    _fill(model, weights, folder)
    runtime = machine.resolve(config)
    return Restored(folder, config, flow.place(model, runtime).eval(), tasks, runtime)


def _config(folder: Path, changes: Mapping[str, str | None]) -> ExperimentConfig:
    path = folder / CONFIG
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _nothing_there(path) from None
    except (OSError, ValueError) as error:
        raise MdfError(f"cannot read {path}: {error}", DAMAGED) from error
    config = validate({**table, **{key: value for key, value in changes.items() if value}}, str(path))
    if config.predictor is not None:
        raise MdfError(
            f"the run {folder.name} is the method `{config.predictor.name}`, which leaves no network to load",
            "name a run that trained one; `latest` means the last of these",
        )
    return config


def _constants(folder: Path) -> dict[str, Any]:
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


def _weights(folder: Path) -> dict[str, Tensor]:
    path = folder / WEIGHTS
    if not path.is_file():
        raise _nothing_there(path)
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise MdfError(f"{path} is damaged: {error}", DAMAGED) from error


def _task(config: ExperimentConfig, name: str, stored: Mapping[str, Any], catalog: Catalog) -> Task:
    if name not in config.heads:
        raise MdfError(f"{MODEL} tells of the task `{name}`, which {CONFIG} has no head for", DAMAGED)
    head = config.heads[name]
    task: Task = catalog.load("head", head.name).Task(catalog.config("head", head.name, head.options))
    task.unit = stored["unit"]
    task.configure({key: float(value) for key, value in stored["constants"].items()})
    return task


def _without_downloads(config: ExperimentConfig) -> ExperimentConfig:
    """The same network without the pretrained weights that ours would replace; its statistics are stored with it."""
    changes: dict[str, Any] = {}
    if config.encoder.options.get("pretrained"):
        changes["encoder"] = config.encoder.model_copy(
            update={"options": {**config.encoder.options, "pretrained": False}}
        )
    if config.normalise == "encoder":
        changes["normalise"] = "dataset"
    return config.model_copy(update=changes)


def _fill(model: Model, weights: Mapping[str, Tensor], folder: Path) -> None:
    """Load `weights`, which must be exactly those that the network has."""
    wanted = model.state_dict()
    wrong = [f"`{key}` is missing" for key in wanted if key not in weights]
    wrong += [f"`{key}` is none of the network's" for key in weights if key not in wanted]
    wrong += [
        f"`{key}` is {_shape(weights[key])}, in the network {_shape(wanted[key])}"
        for key in wanted
        if key in weights and weights[key].shape != wanted[key].shape
    ]
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise MdfError(
            f"{folder / WEIGHTS} does not fit the network that {CONFIG} describes: {wrong[0]}{more}",
            f"the files are of different runs, or a plugin has changed since; {DAMAGED}",
        )
    model.load_state_dict(weights)


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "one number"


def _nothing_there(path: Path) -> MdfError:
    """`path` is missing: because the run failed, or the folder is not whole."""
    if (path.parent / results.RESULT).is_file():
        result = results.load(path.parent)
        if not result.ok:
            return MdfError(
                f"the run {path.parent.name} ended `{result.status}` and left no network: {result.reason}",
                result.hint or "choose another run; `latest` means the last one that left a network",
            )
    return MdfError(f"there is no {path}", f"a model is the three files {CONFIG}, {MODEL} and {WEIGHTS}; {DAMAGED}")


def _with_cure(error: MdfError, folder: Path, stored: Mapping[str, Any], catalog: Catalog) -> MdfError:
    """`error`, with the packages to install where the run was made with plugins that are not here."""
    here = {offer.owner for offer in catalog}
    missing = {name: version for name, version in dict(stored.get("plugins", {})).items() if name not in here}
    if not missing:
        return error
    packages = " ".join(f'"{name}=={version}"' for name, version in missing.items() if version)
    files = " and ".join(f"`{name}`" for name, version in missing.items() if not version)
    cures = [f"`pip install {packages}`"] if packages else []
    cures += [f"give the file of the plugin {files}: `mdf -p FILE …`, `plugins=[FILE]`"] if files else []
    return MdfError(
        f"the run {folder.name} was made with {' and '.join(missing)}, which cannot be used here: {error.message}",
        "; ".join(cures),
    )
