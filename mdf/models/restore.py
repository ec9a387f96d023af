"""A run's folder made a network again: config, constants and weights, each checked before it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from mdf.core.config import ExperimentConfig
from mdf.core.errors import MdfError, PluginError, UnknownNameError
from mdf.core.task import Task
from mdf.engine import runtime as machine
from mdf.engine.layout import place
from mdf.engine.model import Model
from mdf.engine.runtime import Runtime
from mdf.models import assemble, files
from mdf.models.files import DAMAGED
from mdf.registry import Catalog
from mdf.runs.result import CONFIG, MODEL, WEIGHTS


@dataclass(frozen=True, slots=True)
class Restored:
    """A trained network in `eval` mode on its device, with the tasks that turn its logits into values."""

    folder: Path
    config: ExperimentConfig
    model: Model
    tasks: Mapping[str, Task]
    runtime: Runtime


def restore(
    folder: Path,
    plugins: Sequence[str] = (),
    device: str | None = None,
    precision: str | None = None,
    size: str | None = None,
) -> Restored:
    """The network of the run in `folder`; `device`, `precision` and `size` (of its images) replace those of its
    config.

    Nothing is unpickled: weights are safetensors.

    Raises
        MdfError: the run left no network; a file is missing, damaged or does not fit the others; a plugin that
            it was made with is missing or fails.
    """
    config = files.config_of(folder, {"device": device or "auto", "precision": precision, "size": size})
    model, weights, tasks = network_of(folder, config, Catalog.discover(plugins))
    model.load_state_dict(weights)
    runtime = machine.resolve(config)
    return Restored(folder, config, place(model, runtime).eval(), tasks, runtime)


def network_of(
    folder: Path, config: ExperimentConfig, catalog: Catalog
) -> tuple[Model, Mapping[str, Tensor], Mapping[str, Task]]:
    """The untrained network of `config`, the weights of the run in `folder`, which fit it, and its tasks.

    Raises MdfError as `restore`.
    """
    stored = files.constants_of(folder)
    weights = files.weights_of(folder)
    try:
        tasks = {name: _task(config, name, constants, catalog) for name, constants in stored["tasks"].items()}
        model = assemble.model(_without_downloads(config), list(tasks), catalog, (0.5,) * 3, (0.25,) * 3)
    except (UnknownNameError, PluginError) as error:
        raise _with_cure(error, folder, stored, catalog) from error
    wrong = files.misfit(weights, model.state_dict())
    if wrong:
        raise MdfError(
            f"{folder / WEIGHTS} does not fit the network that {CONFIG} describes: {wrong}",
            f"the files are of different runs, or a plugin has changed since; {DAMAGED}",
        )
    return model, weights, tasks


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
    if "weights" in config.encoder.options:
        options = {**config.encoder.options, "weights": "none", "sha256": None}
        changes["encoder"] = config.encoder.model_copy(update={"options": options})
    if config.normalise == "encoder":
        changes["normalise"] = "dataset"
    return config.model_copy(update=changes)


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
