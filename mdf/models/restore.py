"""A run's folder as a network again: config, constants and weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from mdf.core.config import ExperimentConfig
from mdf.core.errors import MdfError, PluginError, UnknownNameError
from mdf.core.task import Task
from mdf.engine import layout
from mdf.engine import runtime as machine
from mdf.engine.model import Model
from mdf.engine.runtime import Runtime
from mdf.models import assemble, files, stored_config
from mdf.models.files import StoredModel, StoredTask
from mdf.models.stored_config import DAMAGED
from mdf.registry import Catalog
from mdf.runs.result import CONFIG, MODEL


@dataclass(frozen=True, slots=True)
class Restored:
    """A trained network in `eval` mode, with the tasks that turn its logits into values.

    `runtime` says where it is to run: `placed` moves it there.
    """

    folder: Path
    config: ExperimentConfig
    model: Model
    tasks: Mapping[str, Task]
    runtime: Runtime

    def placed(self) -> Restored:
        """The same, its network on the device of `runtime` and in that device's memory layout."""
        return replace(self, model=layout.place(self.model, self.runtime))


def restore(
    folder: Path,
    plugins: Sequence[str] = (),
    device: str | None = None,
    precision: str | None = None,
    size: str | None = None,
    threads: int | None = None,
) -> Restored:
    """The network of the run in `folder`, not yet on its device.

    `device`, `precision`, `size` (of its images) and `threads` replace those of its config. Nothing is unpickled:
    weights are safetensors.

    Raises
        MdfError: the run left no network; a file is missing, damaged or does not fit the others; a plugin that
            it was made with is missing or fails.
    """
    changes = {"device": device or "auto", "precision": precision, "size": size, "threads": threads}
    config = stored_config.config_of(folder, changes)
    model, weights, tasks = network_of(folder, config, Catalog.discover(plugins))
    model.load_state_dict(weights)
    return Restored(folder, config, model.eval(), tasks, machine.resolve(config))


def network_of(
    folder: Path, config: ExperimentConfig, catalog: Catalog
) -> tuple[Model, Mapping[str, Tensor], Mapping[str, Task]]:
    """The untrained network of `config`, the weights of the run in `folder`, which fit it, and its tasks.

    Raises MdfError as `restore`.
    """
    stored = files.stored_model(folder)
    weights = files.weights_of(folder)
    try:
        tasks = {name: _task(config, name, task, catalog) for name, task in stored.tasks.items()}
        model = assemble.model(without_downloads(config), list(tasks), catalog, (0.5,) * 3, (0.25,) * 3, tasks)
    except (UnknownNameError, PluginError) as error:
        raise _with_hint_to_install(error, folder, stored, catalog) from error
    wrong = files.mismatch(weights, model.state_dict())
    if wrong:
        raise MdfError(
            f"{files.weights_file(folder)} does not fit the network that {CONFIG} describes: {wrong}",
            f"the files are of different runs, or a plugin has changed since; {DAMAGED}",
        )
    return model, weights, tasks


def _task(config: ExperimentConfig, name: str, stored: StoredTask, catalog: Catalog) -> Task:
    if name not in config.heads:
        raise MdfError(f"{MODEL} holds the task `{name}`, for which {CONFIG} has no head", DAMAGED)
    head = config.heads[name]
    task: Task = catalog.load("head", head.name).Task(catalog.config("head", head.name, head.options))
    task.unit = stored.unit
    task.configure(stored.constants)
    task.calibrate(stored.calibration)
    return task


def without_downloads(config: ExperimentConfig) -> ExperimentConfig:
    """The same network without its pretrained weights: the stored ones replace them, normalisation included."""
    encoder = config.encoder
    if "weights" in encoder.options:
        encoder = encoder.model_copy(update={"options": {**encoder.options, "weights": "none", "sha256": None}})
    normalise = "dataset" if config.normalise == "encoder" else config.normalise
    return config.model_copy(update={"encoder": encoder, "normalise": normalise})


def _with_hint_to_install(error: MdfError, folder: Path, stored: StoredModel, catalog: Catalog) -> MdfError:
    """`error`, or, where plugins that the run was made with are not here, one that names what to install."""
    here = {offer.owner for offer in catalog}
    missing = {name: version for name, version in stored.plugins.items() if name not in here}
    if not missing:
        return error
    packages = " ".join(f'"{name}=={version}"' for name, version in missing.items() if version)
    plugin_files = " and ".join(f"`{name}`" for name, version in missing.items() if not version)
    hints = [f"`pip install {packages}`"] if packages else []
    hints += [f"give the file of the plugin {plugin_files}: `mdf -p FILE …`, `plugins=[FILE]`"] if plugin_files else []
    return MdfError(
        f"the run {folder.name} was made with {' and '.join(missing)}, which cannot be used here: {error.message}",
        "; ".join(hints),
    )
