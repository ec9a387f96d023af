"""The files of a trained network: its config, its weights, its tasks' constants. Each is checked before it is used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import tomli_w
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from mdf import __version__
from mdf.core.config import to_table
from mdf.core.errors import MdfError
from mdf.core.files import read_json, write_json
from mdf.core.shared.pointer import fetched
from mdf.core.task import Task
from mdf.engine.model import Model
from mdf.models.packed import PackedHeader, is_packed, read_header
from mdf.models.stored_config import DAMAGED, config_of, missing_file
from mdf.runs.attempts import trial_of
from mdf.runs.result import MODEL, WEIGHTS
from mdf.runs.tensors import own, write_tensors


@dataclass(frozen=True, slots=True)
class StoredTask:
    """A trained network's task: the constants of `Task.measure`, the unit of its values, and its calibration."""

    constants: Mapping[str, float]
    unit: str
    calibration: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredModel:
    """What `model.json` holds.

    Attributes:
        tasks: by name, all that the network predicts.
        plugins: version by name of the third parties whose components the network is made of; "" of a plugin that is
            not an installed package.
    """

    tasks: Mapping[str, StoredTask]
    plugins: Mapping[str, str]


def write(folder: Path, model: Model, tasks: Mapping[str, Task], plugins: Mapping[str, str]) -> None:
    """Write the weights, and a `model.json` with all that is needed to use them."""
    stored = StoredModel({name: _stored(task) for name, task in tasks.items()}, dict(plugins))
    write_tensors(folder / WEIGHTS, {key: own(x) for key, x in model.state_dict().items()})
    write_json(folder / MODEL, asdict(stored))


def stored_model(folder: Path) -> StoredModel:
    """What `model.json` of the run in `folder` holds, or the header of the packed file of that path.

    Raises MdfError where it is missing or damaged.
    """
    path = folder if is_packed(folder) else folder / MODEL
    if not path.is_file():
        raise missing_file(path)
    stored = read_header(path).model_table(path) if is_packed(folder) else read_json(path)
    try:
        tasks = {
            name: StoredTask(_floats(task["constants"]), str(task["unit"]), _floats(task.get("calibration", {})))
            for name, task in stored["tasks"].items()
        }
        return StoredModel(tasks, dict(stored.get("plugins", {})))
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise MdfError(f"{path} is damaged: the tasks' constants and units are not in it", DAMAGED) from error


def weights_of(folder: Path) -> dict[str, Tensor]:
    """The network's state by name, on the CPU. Nothing is unpickled: weights are safetensors.

    Raises MdfError where the file is missing or damaged.
    """
    path = weights_file(folder)
    if not path.is_file():
        raise missing_file(path)
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise MdfError(f"{path} is damaged: {error}", DAMAGED) from error


def weights_file(folder: Path) -> Path:
    """The file that holds the weights of the network in `folder`, or of the packed file of that path.

    One that is in a shared place is fetched first.
    """
    return folder if is_packed(folder) else fetched(folder / WEIGHTS)


def mismatch(weights: Mapping[str, Tensor], network: Mapping[str, Tensor]) -> str:
    """How `weights` differ in names and shapes from a network's own state `network`; "" where they fit."""
    wrong = [f"`{key}` is missing" for key in network if key not in weights]
    wrong += [f"`{key}` is not in the network" for key in weights if key not in network]
    wrong += [
        f"`{key}` is {_shape(weights[key])}, in the network {_shape(network[key])}"
        for key in network
        if key in weights and weights[key].shape != network[key].shape
    ]
    return f"{wrong[0]}{f' (and {len(wrong) - 1} more)' if len(wrong) > 1 else ''}" if wrong else ""


def pack(
    folder: Path,
    out: Path,
    recipe: str = "",
    half: bool = False,
    calibrations: Mapping[str, Mapping[str, float]] | None = None,
) -> PackedHeader:
    """Write the network of the run in `folder` as one packed file `out`; returns its header.

    The device and the threads of its training are left out: they are the machine's. With `half` kernels are stored as
    float16 and used as float32; norms and biases, which are small, stay as they are. `calibrations` by task replace
    those of the run.

    Raises MdfError where the run left no network, StorageError where the disk does not allow it.
    """
    config, stored, weights = config_of(folder), stored_model(folder), weights_of(folder)
    fitted = {name: replace(stored.tasks[name], calibration=own) for name, own in (calibrations or {}).items()}
    stored = replace(stored, tasks={**stored.tasks, **fitted})
    table = {key: value for key, value in to_table(config).items() if key not in ("device", "threads")}
    header = PackedHeader(
        version=__version__,
        recipe=recipe,
        run=read_header(folder).run if is_packed(folder) else trial_of(folder),
        config=tomli_w.dumps(table),
        model=json.dumps(asdict(stored)),
    )
    kernels = {key: x.half() if half and x.is_floating_point() and x.dim() > 1 else x for key, x in weights.items()}
    write_tensors(out, {key: own(x) for key, x in kernels.items()}, header.to_text())
    return header


def _stored(task: Task) -> StoredTask:
    return StoredTask(task.constants, task.unit, task.calibration)


def _floats(table: Mapping[str, Any]) -> dict[str, float]:
    return {key: float(value) for key, value in table.items()}


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "one number"
