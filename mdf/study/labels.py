"""Short names that tell the cells of a study apart. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mdf.core.config import ExperimentConfig, to_table

NAMES_ITSELF = ("fusion", "decoder", "schedule", "balance", "normalise")


def label_all(configs: Sequence[ExperimentConfig]) -> list[str]:
    """One label a config, as it was asked for: its encoder and what else differs; a predictor's own name."""
    tables = [flatten(to_table(config)) for config in configs]
    pairs = list(zip(configs, tables, strict=True))
    networks = _varying([table for config, table in pairs if config.predictor is None])
    predictors = _varying([table for config, table in pairs if config.predictor is not None])
    return [
        _network_label(config, table, networks)
        if config.predictor is None
        else " · ".join([config.predictor.name, *_others(table, predictors, "predictor")])
        for config, table in pairs
    ]


def flatten(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested tables as one, with dotted keys."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            found.update(flatten(value, f"{prefix}{key}."))
        else:
            found[prefix + key] = value
    return found


def _varying(tables: Sequence[Mapping[str, Any]]) -> list[str]:
    keys = sorted({key for table in tables for key in table})
    return [key for key in keys if len({repr(table.get(key)) for table in tables}) > 1]


def _network_label(config: ExperimentConfig, table: Mapping[str, Any], varying: Sequence[str]) -> str:
    tasks = [_tasks_label(config)] if any(key.startswith("heads.") for key in varying) else []
    unsaid = ("metrics.", "init.sha256")
    others = [key for key in varying if not key.startswith(unsaid) and key != f"heads.{table.get(key)}"]
    return " · ".join([config.encoder.name, *tasks, _loss_label(config, varying), *_others(table, others, "encoder")])


def _tasks_label(config: ExperimentConfig) -> str:
    return " + ".join(config.heads) if len(config.heads) > 1 else f"{next(iter(config.heads))} alone"


def _others(table: Mapping[str, Any], varying: Sequence[str], named: str) -> list[str]:
    """What else differs; the component `named` stands in the label already, and losses do but for their weights."""
    return [
        _value_label(key, table[key])
        for key in varying
        if key in table
        and key not in (named, f"{named}.name")
        and (not key.startswith("loss.") or key.endswith(".weight"))
    ]


def _loss_label(config: ExperimentConfig, varying: Sequence[str]) -> str:
    """The losses that differ between cells; every task's where none does."""
    differing = [task for task in config.loss if any(key.startswith(f"loss.{task}") for key in varying)]
    return ", ".join(f"{task} {config.loss[task]}" for task in differing or config.loss)


def _value_label(key: str, value: object) -> str:
    shown = "×".join(map(str, value)) if isinstance(value, list) else str(value)
    component = key.removesuffix(".name").removesuffix(".run")
    return shown if component in NAMES_ITSELF else f"{component} {shown}"
