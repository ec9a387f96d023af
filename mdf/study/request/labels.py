"""Short names that distinguish the cells of a study. Torch-free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from mdf.core.config import ExperimentConfig, LossTerm, TeacherRun, to_table
from mdf.core.plain import Plain, Table

UNSAID: Table = {"teacher.weight": TeacherRun.model_fields["weight"].default}
"""The values that a cell without the key is taken to have: they would only say that others have the key."""
ELSEWHERE = "trained elsewhere"
"""What the label of a network says that is scored and not trained."""
NAMES_ITSELF = ("fusion", "decoder", "schedule", "balance", "normalise")


def label_all(configs: Sequence[ExperimentConfig]) -> list[str]:
    """One label per config: its encoder and what else differs, or a predictor's own name.

    No two labels are equal: results are known by them.
    """
    tables = [flatten(to_table(config)) for config in configs]
    pairs = list(zip(configs, tables, strict=True))
    trained = [config for config in configs if config.trains]
    networks = [key for key in _varying([flatten(to_table(config)) for config in trained]) if _counts(key, trained)]
    predictors = _varying([table for config, table in pairs if config.predictor is not None])
    options = _varying_options(trained)
    models = _varying([table for config, table in pairs if config.model is not None])

    def label(config: ExperimentConfig, table: Table) -> str:
        if config.predictor is not None:
            return " · ".join([config.predictor.name, *_others(table, predictors, "predictor")])
        if config.model is not None:
            return " · ".join([config.model.run, ELSEWHERE, *_others(table, models, "model")])
        return _network_label(config, table, networks, options)

    return _numbered([label(config, table) for config, table in pairs])


def _numbered(labels: Sequence[str]) -> list[str]:
    """The labels; a repeated one gets a number as a part of its own."""
    seen: Counter[str] = Counter()
    numbered = []
    for label in labels:
        seen[label] += 1
        numbered.append(label if seen[label] == 1 else f"{label} · ({seen[label]})")
    return numbered


def flatten(table: Table, prefix: str = "") -> dict[str, Plain]:
    """Nested tables as one, with dotted keys."""
    flat: dict[str, Plain] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{prefix}{key}."))
        else:
            flat[prefix + key] = value
    return flat


def _varying(tables: Sequence[Table]) -> list[str]:
    """The keys whose values differ between the tables."""
    keys = sorted({key for table in tables for key in table})
    return [key for key in keys if len({repr(table.get(key, UNSAID.get(key))) for table in tables}) > 1]


def _counts(key: str, configs: Sequence[ExperimentConfig]) -> bool:
    """Whether a difference in `key` matters; it does not if it follows from a run's path, or from the tasks."""
    kind, _, task = key.partition(".")
    if kind == "metrics":
        return len({repr(config.metrics.get(task)) for config in configs if task in config.heads}) > 1
    return key not in ("init.sha256", "teacher.sha256")


def _varying_options(configs: Sequence[ExperimentConfig]) -> set[tuple[str, str, str]]:
    """The options of losses that differ between cells that use the loss: task, loss and option."""
    terms = [(task, term) for config in configs for task, loss in config.loss.items() for term in loss.terms]
    known: dict[tuple[str, str], list[Table]] = {}
    for task, term in terms:
        known.setdefault((task, term.name), []).append(term.options)
    return {(*of, key) for of, options in known.items() for key in _varying(options)}


def _network_label(
    config: ExperimentConfig, table: Table, varying: Sequence[str], options: Collection[tuple[str, str, str]]
) -> str:
    tasks = [_tasks_label(config)] if any(key.startswith("heads.") for key in varying) else []
    others = [key for key in varying if key != f"heads.{table.get(key)}"]
    losses = _loss_label(config, varying, options)
    return " · ".join([config.encoder.name, *tasks, losses, *_others(table, others, "encoder")])


def _tasks_label(config: ExperimentConfig) -> str:
    return " + ".join(config.heads) if len(config.heads) > 1 else f"{next(iter(config.heads))} alone"


def _others(table: Table, varying: Sequence[str], named: str) -> list[str]:
    """What else differs. The component `named` is in the label already; losses are too, except for their weights."""
    return [
        _value_label(key, table[key])
        for key in varying
        if key in table
        and key not in (named, f"{named}.name", f"{named}.run", f"{named}.sha256")
        and (not key.startswith("loss.") or key.endswith(".weight"))
    ]


def _loss_label(config: ExperimentConfig, varying: Sequence[str], options: Collection[tuple[str, str, str]]) -> str:
    """The losses that differ between cells, with the options that differ; every task's loss if none differs."""
    differing = [task for task in config.loss if any(key.startswith(f"loss.{task}") for key in varying)]
    return ", ".join(
        " ".join([task, str(config.loss[task]), *_options_label(task, config.loss[task].terms, options)])
        for task in differing or config.loss
    )


def _options_label(task: str, terms: Sequence[LossTerm], options: Collection[tuple[str, str, str]]) -> list[str]:
    shown = [f"{k} {v}" for term in terms for k, v in term.options.items() if (task, term.name, k) in options]
    return [f"({', '.join(shown)})"] if shown else []


def _value_label(key: str, value: Plain) -> str:
    values = value if isinstance(value, list) else [value]
    shown = "×".join(map(str, values)) if key == "size" else _listed(values)
    component = key.removesuffix(".name").removesuffix(".run")
    return shown if component in NAMES_ITSELF else f"{component} {shown}"


def _listed(values: Sequence[Plain]) -> str:
    """Values, and components with their options, one after the other."""
    tables = [value if isinstance(value, Mapping) and "name" in value else {"name": value} for value in values]
    parts = [(table["name"], [f"{k} {v}" for k, v in table.items() if k != "name"]) for table in tables]
    return ", ".join(f"{name} ({', '.join(options)})" if options else str(name) for name, options in parts) or "none"
