"""From one table of keys to a whole config: names checked, losses and the defaults of tasks filled in. Torch-free."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from mdf.core.config import Component, ExperimentConfig, to_table, validate
from mdf.core.errors import ConfigError
from mdf.core.grammar import parse_sum, split_losses
from mdf.core.names import did_you_mean
from mdf.core.overrides import COMPONENT_KEYS, Change, changed
from mdf.core.plain import Plain, Table
from mdf.registry import Catalog
from mdf.registry.catalog import CONFIG_KEYS

KINDS = {key: kind for kind, key in CONFIG_KEYS.items()}
"""The kind of what stands under a key, if it is not the key's own name."""


def resolve(table: Table, changes: Sequence[Change], catalog: Catalog) -> ExperimentConfig:
    """One table, its loss in any of its forms, with the task defaults filled in and `changes` applied.

    Raises ConfigError and UnknownNameError for what `Spec` lines and the config can decide.
    """
    if "predictor" not in table:  # options of predictors are no network's
        changes = [(path, value) for path, value in changes if path[0] != "predictor"]
    keys = {key: _named(key, value) for key, value in table.items() if key != "loss"}
    first = validate(keys)
    if not any(path == ("heads",) for path, _ in changes):
        for path, _ in changes:
            if path[0] == "heads" and len(path) > 2:
                _check_known(path[1], first.heads, ".".join(path))
    outside = [(path, value) for path, value in changes if not _is_in_loss(path)]
    full = changed({**to_table(first), "loss": table.get("loss", {})}, outside)
    bare = validate({**full, "loss": {}})
    full["loss"] = _losses(full["loss"], bare, catalog)
    full = changed(full, [(path, value) for path, value in changes if _is_in_loss(path)])
    _check_losses(full["loss"], bare, catalog)
    config = validate(full)
    check_names(config, catalog)
    return config


def _named(key: str, value: Plain) -> Plain:
    """Options without a name are those of the default component."""
    default = ExperimentConfig.model_fields[key].default if key in COMPONENT_KEYS else None
    if isinstance(default, Component) and isinstance(value, Mapping):
        return {"name": default.name, **value}
    return value


def _is_in_loss(path: Sequence[str]) -> bool:
    return path[0] == "loss" and len(path) > 1


def _losses(loss: Plain, bare: ExperimentConfig, catalog: Catalog) -> dict[str, Plain]:
    """The loss of each task as `loss` says, completed with the default of its head."""
    if not isinstance(loss, (str, Mapping)):
        example = "`l1`, `mask=bce,depth=l1` or a table; losses to compare stand in `[grid]`"
        raise ConfigError(f"`loss` = {loss!r} is not a loss", f"write {example}")
    named = read_losses(loss, list(bare.heads), catalog) if isinstance(loss, str) else loss
    losses: dict[str, Plain] = {**{task: {} for task in bare.heads}, **named}
    for task, value in losses.items():
        if task in bare.heads and isinstance(value, Mapping) and not {"name", "terms"} & set(value):
            # `[loss.depth] weight = 0.5` alone
            default = catalog.find("head", bare.heads[task].name).spec.default_loss or None
            losses[task] = _with_options(task, default, value)
    return losses


def _with_options(task: str, default: str | None, options: Table) -> Plain:
    """The default loss of a task with `options`."""
    whole = changed({"loss": {task: default}}, [(("loss", task, key), value) for key, value in options.items()])
    losses = whole["loss"]
    return losses[task] if isinstance(losses, Mapping) else None


def _check_losses(losses: Plain, bare: ExperimentConfig, catalog: Catalog) -> None:
    """Raise ConfigError for a loss of an unknown task, or for none at all."""
    # a lone `loss.dpth.weight` would else be reported as a loss without terms
    for task, loss in losses.items() if isinstance(losses, Mapping) else ():
        _check_known(task, bare.heads, f"loss.{task}")
        if loss is None:
            head = bare.heads[task].name
            known = catalog.find("head", head).spec.default_loss
            why = f"`loss.{task}` = None is not a loss" if known else f"head `{head}` has no default loss"
            raise ConfigError(why, f"name one: `--loss {task}=NAME`{', or leave it out' if known else ''}")


def read_losses(text: str, tasks: Sequence[str], catalog: Catalog) -> dict[str, str]:
    """`l1`, `mask=bce,depth=l1` or `mask=bce+0.5*l1` as a loss by task.

    A loss without a task means the first task of `tasks` that it is made for.
    """
    return {task or _made_for(losses, tasks, catalog): losses for task, losses in split_losses(text).items()}


def _made_for(losses: str, tasks: Sequence[str], catalog: Catalog) -> str:
    name = parse_sum(losses)[0].loss
    spec = catalog.find("loss", name).spec
    only = [task for task in tasks if spec.suits(task)] if len(tasks) == 1 else []
    fitting = next((task for task in (*spec.tasks, *only) if task in tasks), None)
    if fitting is None:
        example = ",".join(f"{task}={name}" for task in tasks)
        what = f"is made for {' and '.join(spec.tasks)}" if spec.tasks else "is made for any task"
        raise ConfigError(
            f"loss `{name}` {what}, and the tasks here are {', '.join(tasks)}", f"name the task: `--loss {example}`"
        )
    return fitting


def check_names(config: ExperimentConfig, catalog: Catalog) -> None:
    """Raise an error unless every name in `config` is on offer, and every loss and metric suits its task.

    Needs `Spec` lines alone.
    """
    for key in COMPONENT_KEYS:
        component = getattr(config, key)
        if component is not None:
            catalog.find(KINDS.get(key, key), component.name)
    for task, head in config.heads.items():
        _check_task("head", head.name, task, catalog)
    for task, loss in config.loss.items():
        for term in loss.terms:
            _check_task("loss", term.name, task, catalog)
    for task, metrics in config.metrics.items():
        _check_known(task, config.heads, f"metrics.{task}")
        _check_metrics(task, [metric.name for metric in metrics], catalog)


def _check_metrics(task: str, names: Sequence[str], catalog: Catalog) -> None:
    for name in names:
        _check_task("metric", name, task, catalog)
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ConfigError(
            f"`metrics.{task}` lists the metric `{twice}` twice, and both would be the column `{task}/{twice}`",
            f"list `{twice}` once; for other options of it run a study of their own",
        )


def _check_known(task: str, heads: Collection[str], key: str) -> None:
    if task not in heads:
        raise ConfigError(
            f"`{key}`: no head predicts the task `{task}`",
            f"{_guess(task, heads)}the heads are {', '.join(heads)}; choose others with `--heads`",
        )


def _check_task(kind: str, name: str, task: str, catalog: Catalog) -> None:
    spec = catalog.find(kind, name).spec
    if not spec.suits(task):
        raise ConfigError(
            f"{kind} `{name}` is for {' and '.join(spec.tasks)}, not for `{task}`",
            f"{_guess(task, spec.tasks)}`mdf plugins list --kind {kind}` lists all",
        )


def _guess(task: str, known: Collection[str]) -> str:
    question = did_you_mean(task, known)
    return f"{question} " if question else ""
