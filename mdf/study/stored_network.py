"""A row that scores a trained network as it is: its config becomes that of the network, without a training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mdf.core.config import Component, ExperimentConfig, StoredRun
from mdf.core.dataset import Dataset
from mdf.core.errors import ConfigError
from mdf.inference.evaluate import relation
from mdf.models.restore import without_downloads
from mdf.models.stored_config import config_of
from mdf.registry import Catalog

OF_TRAINING = ("init", "teacher", "schedule", "balance", "augment", "train", "seed")
"""Keys that say how a network learns: one that is trained already has their defaults."""


def with_stored_network(config: ExperimentConfig) -> ExperimentConfig:
    """`config`, whose `model` is located, with that network's parts; of the tasks asked for it keeps those it predicts.

    Size and precision are those of `config` where it says them, else those of the network's training.

    Raises ConfigError where it predicts none of the tasks asked for.
    """
    assert config.model is not None
    stored = without_downloads(config_of(Path(config.model.folder)))
    tasks = [task for task in config.heads if task in stored.heads]
    if not tasks:
        raise ConfigError(
            f"the model {config.model.run} predicts {', '.join(stored.heads)}, none of the tasks asked for "
            f"({', '.join(config.heads)})",
            f"use `--heads {','.join(stored.heads)}`, or leave the model out",
        )
    parts = {key: getattr(stored, key) for key in ("encoder", "fusion", "decoder", "normalise", "enlarge_to")}
    fields = {name: ExperimentConfig.model_fields[name] for name in OF_TRAINING}
    return config.model_copy(
        update={
            **parts,
            **{name: field.get_default(call_default_factory=True) for name, field in fields.items()},
            "heads": {task: stored.heads[task] for task in tasks},
            "loss": {task: stored.loss[task] for task in tasks},
            "metrics": {task: metrics for task, metrics in config.metrics.items() if task in tasks},
            "size": config.size or stored.size,
            "precision": stored.precision if config.precision == "auto" else config.precision,
        }
    )


def doubts_of(
    model: StoredRun, config: ExperimentConfig, data: Dataset, elsewhere: Mapping[str, Dataset], catalog: Catalog
) -> list[str]:
    """What makes the scores of `model` doubtful: it may have learned from what it is scored on. One sentence each.

    Raises ConfigError where it trained on all of a data set.
    """
    trained = config_of(Path(model.folder))
    scored: list[tuple[Component, Dataset]] = [(config.data, data)]
    scored += zip(config.eval_data, elsewhere.values(), strict=True)
    doubtful = [part.name for part, dataset in scored if relation(trained, part, dataset, catalog)[1]]
    return [
        f"{model.run} was trained on `{name}` with other options or files, and may have seen some of what is scored"
        for name in doubtful
    ]
