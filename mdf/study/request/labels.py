"""Short names that tell the cells of a study apart. Torch-free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from mdf.core.config import ExperimentConfig, LossTerm, TeacherRun, to_table

UNSAID = {"teacher.weight": TeacherRun.model_fields["weight"].default}
"""Values that a cell without the key is taken to have: they would only say that others have the key."""
NAMES_ITSELF = ("fusion", "decoder", "schedule", "balance", "normalise")


def label_all(configs: Sequence[ExperimentConfig]) -> list[str]:
    """One label a config, as it was asked for: its encoder and what else differs; a predictor's own name.

    No two are equal: results are known by them.
    """
    tables = [flatten(to_table(config)) for config in configs]
    pairs = list(zip(configs, tables, strict=True))
    asked = [config for config in configs if config.predictor is None]
    networks = [key for key in _varying([flatten(to_table(config)) for config in asked]) if _counts(key, asked)]
    predictors = _varying([table for config, table in pairs if config.predictor is not None])
    options = _varying_options(asked)
    labels = [
        _network_label(config, table, networks, options)
        if config.predictor is None
        else " · ".join([config.predictor.name, *_others(table, predictors, "predictor")])
        for config, table in pairs
    ]
    return _told_apart(labels)


def _told_apart(labels: Sequence[str]) -> list[str]:
    """The labels, those that were there before with a number as a part of its own: the seed is one too."""
    seen: Counter[str] = Counter()
    found = []
    for label in labels:
        seen[label] += 1
        found.append(label if seen[label] == 1 else f"{label} · ({seen[label]})")
    return found


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
    return [key for key in keys if len({repr(table.get(key, UNSAID.get(key))) for table in tables}) > 1]


def _counts(key: str, configs: Sequence[ExperimentConfig]) -> bool:
    """Whether a difference in `key` is more than what follows from another: from a run's path, or from the tasks."""
    kind, _, task = key.partition(".")
    if kind == "metrics":
        return len({repr(config.metrics.get(task)) for config in configs if task in config.heads}) > 1
    return key not in ("init.sha256", "teacher.sha256")


def _varying_options(configs: Sequence[ExperimentConfig]) -> set[tuple[str, str, str]]:
    """The options of losses that differ between cells that use the loss: task, loss and option."""
    terms = [(task, term) for config in configs for task, loss in config.loss.items() for term in loss.terms]
    known: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for task, term in terms:
        known.setdefault((task, term.name), []).append(term.options)
    return {(*of, key) for of, options in known.items() for key in _varying(options)}


def _network_label(
    config: ExperimentConfig,
    table: Mapping[str, Any],
    varying: Sequence[str],
    options: Collection[tuple[str, str, str]],
) -> str:
    tasks = [_tasks_label(config)] if any(key.startswith("heads.") for key in varying) else []
    others = [key for key in varying if key != f"heads.{table.get(key)}"]
    losses = _loss_label(config, varying, options)
    return " · ".join([config.encoder.name, *tasks, losses, *_others(table, others, "encoder")])


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


def _loss_label(config: ExperimentConfig, varying: Sequence[str], options: Collection[tuple[str, str, str]]) -> str:
    """The losses that differ between cells, with the options that do; every task's where none does."""
    differing = [task for task in config.loss if any(key.startswith(f"loss.{task}") for key in varying)]
    return ", ".join(
        " ".join([task, str(config.loss[task]), *_options_label(task, config.loss[task].terms, options)])
        for task in differing or config.loss
    )


def _options_label(task: str, terms: Sequence[LossTerm], options: Collection[tuple[str, str, str]]) -> list[str]:
    told = [f"{k} {v}" for term in terms for k, v in term.options.items() if (task, term.name, k) in options]
    return [f"({', '.join(told)})"] if told else []


def _value_label(key: str, value: object) -> str:
    values = value if isinstance(value, list) else [value]
    shown = "×".join(map(str, values)) if key == "size" else _listed(values)
    component = key.removesuffix(".name").removesuffix(".run")
    return shown if component in NAMES_ITSELF else f"{component} {shown}"


def _listed(values: Sequence[object]) -> str:
    """Values, and components with their options, one after the other."""
    tables = [value if isinstance(value, Mapping) and "name" in value else {"name": value} for value in values]
    told = [(table["name"], [f"{k} {v}" for k, v in table.items() if k != "name"]) for table in tables]
    return ", ".join(f"{name} ({', '.join(options)})" if options else str(name) for name, options in told) or "none"
