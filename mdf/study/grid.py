"""From what the user asked to the cells of the grid: each a whole config. Torch-free."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mdf.core.config import ExperimentConfig, Train, to_table, validate
from mdf.core.errors import ConfigError
from mdf.core.grammar import parse_sum, split_losses
from mdf.core.overrides import COMPONENT_KEYS, override, put
from mdf.registry import Catalog
from mdf.study.twins import with_twins

STANDARD_AXES: Mapping[str, list[str]] = {"encoder": ["unet", "resnet18"], "loss": ["l1", "mse"]}
STANDARD_PREDICTORS = ("absdiff", "mean-depth", "background-depth")
NETWORK_KEYS = (
    *("encoder", "fusion", "decoder", "init", "teacher", "loss", "schedule", "balance", "normalise", "augment"),
    *("train", "seed"),
)
"""Keys that a predictor does not read: it has one row whatever their axes."""
COMPONENT_KINDS = {"data": "dataset"}


@dataclass(frozen=True, slots=True)
class Request:
    """What a benchmark was asked for.

    Attributes:
        table: keys of an experiment config that all cells share.
        axes: keys of a config (`encoder`, `train.lr`), each with the values that the grid goes through, in order.
        settings: `key=value` overrides for all cells, applied last.
        predictors: the whole methods to compare with; each is one row beside the grid.
        twins: whether each network of several tasks gets its single-task twins beside it.
        trackers: the options of trackers, by name; none of them is in a cell.
    """

    table: Mapping[str, Any] = field(default_factory=dict)
    axes: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    settings: Sequence[str] = ()
    predictors: Sequence[str] = STANDARD_PREDICTORS
    twins: bool = False
    trackers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def names_predictors(self) -> bool:
        """Whether its predictors were asked for: one that does not suit the data is then an error, not left out."""
        return tuple(self.predictors) != STANDARD_PREDICTORS


def cells(request: Request, catalog: Catalog) -> list[ExperimentConfig]:
    """Every cell of the grid, then the predictors; equal cells once.

    With no encoder or loss named anywhere, the standard study, unless the table is a predictor's own config. Raises
    ConfigError and UnknownNameError for what `Spec` lines and the config can decide.
    """
    axes = dict(request.axes)
    if "data" in axes:
        raise ConfigError(
            "`data` cannot be an axis: scores on different data are not to be compared in one column",
            "run one study a data set, or score one model on several with `eval_data`",
        )
    if "predictor" not in request.table and not {"encoder", "loss"} & {*axes, *request.table}:
        axes = {**STANDARD_AXES, **axes}
    tables = _product(request.table, axes)
    bare = {key: value for key, value in request.table.items() if key not in ("encoder", "loss")}
    for shared in _product(bare, {key: axes[key] for key in axes if key_path(key)[0] not in NETWORK_KEYS}):
        tables += [{**shared, "predictor": predictor} for predictor in request.predictors]
    found = [resolve(table, request.settings, catalog) for table in tables]
    if request.twins:
        found = with_twins(found)
    return list({str(to_table(config)): config for config in found}.values())


def _product(table: Mapping[str, Any], axes: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """`table` with every combination of the axes' values."""
    tables = []
    for values in itertools.product(*axes.values()):
        result = dict(table)
        # the shorter key first: `encoder` must not wipe out `encoder.width`
        for key, value in sorted(zip(axes, values, strict=True), key=lambda pair: len(key_path(pair[0]))):
            result = put(result, key_path(key), value)
        tables.append(result)
    return tables


def key_path(key: str) -> tuple[str, ...]:
    """A key's place in a config; the keys of `train` may be written without it (`steps`)."""
    return ("train", key) if key in Train.model_fields else tuple(key.split("."))


def resolve(table: Mapping[str, Any], settings: Sequence[str], catalog: Catalog) -> ExperimentConfig:
    """One table, its loss in any of its forms, with the task defaults filled in and `settings` applied."""
    loss = table.get("loss", {})
    bare = validate({key: value for key, value in table.items() if key != "loss"})
    full = to_table(bare)
    full["loss"] = {task: _default_loss(task, head.name, catalog) for task, head in bare.heads.items()}
    if not isinstance(loss, (str, Mapping)):
        example = "`l1`, `mask=bce,depth=l1` or a table; losses to compare stand in `[grid]`"
        raise ConfigError(f"`loss` = {loss!r} is no loss", f"write {example}")
    named = read_losses(loss, list(bare.heads), catalog) if isinstance(loss, str) else loss
    for task, value in named.items():
        if isinstance(value, Mapping) and not {"name", "terms"} & set(value):  # `[loss.depth] weight = 0.5` alone
            for key, inner in value.items():
                full = put(full, ("loss", task, key), inner)
        else:
            full = put(full, ("loss", task), value)
    full = override(full, settings)
    if isinstance(full["loss"], Mapping):  # a lone `loss.dpth.weight` would be told as a loss without terms
        heads = validate({key: value for key, value in full.items() if key != "loss"})
        for task in full["loss"]:
            _check_known(task, heads, "loss")
    config = validate(full)
    check_names(config, catalog)
    return config


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
            f"loss `{name}` {what}, of the tasks {', '.join(tasks)}", f"name the task: `--loss {example}`"
        )
    return fitting


def _default_loss(task: str, head: str, catalog: Catalog) -> str:
    default = catalog.find("head", head).spec.default_loss
    if not default:
        raise ConfigError(f"head `{head}` has no default loss", f"name one: `--loss {task}=NAME`")
    return default


def check_names(config: ExperimentConfig, catalog: Catalog) -> None:
    """Every name in `config` is on offer and every loss and metric suits its task. Needs `Spec` lines alone."""
    for key in COMPONENT_KEYS:
        component = getattr(config, key)
        if component is not None:
            catalog.find(COMPONENT_KINDS.get(key, key), component.name)
    for task, head in config.heads.items():
        _check_task("head", head.name, task, catalog)
    for task, loss in config.loss.items():
        _check_known(task, config, "loss")
        for term in loss.terms:
            _check_task("loss", term.name, task, catalog)
    for task, metrics in config.metrics.items():
        _check_known(task, config, "metrics")
        for metric in metrics:
            _check_task("metric", metric.name, task, catalog)
        names = [metric.name for metric in metrics]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ConfigError(
                f"`metrics.{task}` lists the metric `{twice}` twice, and both would be the column `{task}/{twice}`",
                f"list `{twice}` once; for other options of it run a study of their own",
            )


def _check_known(task: str, config: ExperimentConfig, key: str) -> None:
    if task not in config.heads:
        raise ConfigError(
            f"`{key}.{task}`: no head predicts the task `{task}`",
            f"the heads are {', '.join(config.heads)}; choose others with `--heads`",
        )


def _check_task(kind: str, name: str, task: str, catalog: Catalog) -> None:
    spec = catalog.find(kind, name).spec
    if not spec.suits(task):
        raise ConfigError(
            f"{kind} `{name}` is for {' and '.join(spec.tasks)}, not for `{task}`",
            f"`mdf plugins list --kind {kind}` shows what there is",
        )
