"""A config as it runs: every option of every component, the budget, the size and the machine's part written out."""

from __future__ import annotations

from contextlib import suppress

from mdf.core.config import Component, ExperimentConfig
from mdf.core.dataset import Dataset
from mdf.engine.runtime import Runtime
from mdf.engine.training.budget import training_steps
from mdf.models import assemble
from mdf.registry import Catalog

LARGEST = 128 * 128
"""Pixels up to which images keep their own size."""


def complete(config: ExperimentConfig, dataset: Dataset, catalog: Catalog, runtime: Runtime) -> ExperimentConfig:
    """`config` as it runs on `dataset`: nothing is left to a default, and the tasks are those that the data hold.

    Raises ConfigError if a component has no such option.
    """

    def full(kind: str, component: Component, where: str = "") -> Component:
        checked = catalog.config(kind, component.name, component.options, where)
        return component.model_copy(update={"options": checked.model_dump(mode="json")})

    tasks = assemble.task_names(config, dataset)
    losses = {task: config.loss[task] for task in tasks}
    terms = {task: tuple(full("loss", term, f"loss.{task}") for term in loss.terms) for task, loss in losses.items()}
    steps = training_steps(config, len(dataset.splits().train))
    resolved = config.model_copy(
        update={
            "data": _with_range(full("dataset", config.data), dataset),
            "extra_train": tuple(full("dataset", extra, "extra_train") for extra in config.extra_train),
            "eval_data": tuple(full("dataset", other, "eval_data") for other in config.eval_data),
            "encoder": full("encoder", config.encoder),
            "fusion": full("fusion", config.fusion),
            "decoder": full("decoder", config.decoder),
            "schedule": full("schedule", config.schedule),
            "balance": full("balance", config.balance),
            "heads": {task: full("head", config.heads[task], f"heads.{task}") for task in tasks},
            "loss": {task: loss.model_copy(update={"terms": terms[task]}) for task, loss in losses.items()},
            "metrics": {
                task: tuple(full("metric", m, f"metrics.{task}") for m in assemble.metrics(config, task, catalog))
                for task in tasks
            },
            "predictor": None if config.predictor is None else full("predictor", config.predictor),
            "size": config.size or natural_size(dataset, config.skip_bad),
            "train": config.train.model_copy(update={"steps": steps, "epochs": None}),
            "device": runtime.device.partition(":")[0],
            "precision": runtime.precision,
            "threads": runtime.threads,
        }
    )
    if config.predictor is not None:
        return resolved
    options = assemble.encoder_config(resolved, catalog).model_dump(mode="json")
    return resolved.model_copy(update={"encoder": config.encoder.model_copy(update={"options": options})})


def _with_range(data: Component, dataset: Dataset) -> Component:
    """The data with the levels that become black and white written out, if the data set chose them itself."""
    levels = dataset.frame_range()
    if levels is None or "frame_range" not in data.options:
        return data
    return data.model_copy(update={"options": {**data.options, "frame_range": list(levels)}})


def natural_size(dataset: Dataset, skip_bad: bool = False) -> tuple[int, int]:
    """The (height, width) that networks work at by default: the first training sample's own. If it has more than
    `LARGEST` pixels, about that many in the same proportions, in multiples of 16.

    With `skip_bad`, samples whose size cannot be told are passed over.
    """
    height, width = _first_size(dataset, skip_bad)
    if height * width <= LARGEST:
        return height, width
    shrink = (LARGEST / (height * width)) ** 0.5
    return max(16, round(height * shrink / 16) * 16), max(16, round(width * shrink / 16) * 16)


def _first_size(dataset: Dataset, skip_bad: bool) -> tuple[int, int]:
    train = dataset.splits().train
    for index in train if skip_bad else ():
        with suppress(Exception):  # whatever a data set raises: it is told when the samples are read
            return dataset.native_size(index)
    return dataset.native_size(train[0])
