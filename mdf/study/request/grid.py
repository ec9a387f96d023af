"""From a grid to its cells, each a whole config. Torch-free."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mdf.core.config import ExperimentConfig, Train, to_table
from mdf.core.errors import ConfigError
from mdf.core.overrides import Change, parse_override, put
from mdf.core.plain import Plain, Table
from mdf.registry import Catalog
from mdf.study.request.resolve import resolve
from mdf.study.single_task import with_baselines

STANDARD_AXES: Mapping[str, Sequence[str]] = {"encoder": ["unet", "resnet18"], "loss": ["l1", "mse"]}
STANDARD_PREDICTORS = ("absdiff", "mean-depth", "background-depth")
NETWORK_KEYS = (
    *("encoder", "fusion", "decoder", "init", "teacher", "loss", "schedule", "balance", "normalise", "augment"),
    *("enlarge_to", "train", "seed"),
)
"""Keys that a predictor does not read: it has one row whatever their axes."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The configurations that a study compares.

    Attributes:
        table: keys of an experiment config that all cells share.
        axes: keys of a config (`encoder`, `train.lr`), each with its values, in order.
        settings: `key=value` overrides for all cells, applied last.
        predictors: the whole methods to compare with; each is one row beside the grid.
        models: the trained networks to compare with, which are scored as they are; each is one row beside the grid.
        single_task: whether the single-task baselines of each network of several tasks are added.
        loggers: the options of loggers, by name; they are in no cell.
        of_predictors: keys of the cells of predictors alone.
        standard: whether the standard study's networks are trained where neither encoder nor loss is named.
    """

    table: Table = field(default_factory=dict)
    axes: Mapping[str, Sequence[Plain]] = field(default_factory=dict)
    settings: Sequence[str] = ()
    predictors: Sequence[str | Table] = STANDARD_PREDICTORS
    models: Sequence[str | Table] = ()
    single_task: bool = False
    loggers: Mapping[str, Table] = field(default_factory=dict)
    of_predictors: Table = field(default_factory=dict)
    standard: bool = True

    @property
    def names_predictors(self) -> bool:
        """Whether predictors were asked for by name: it is then an error if one does not suit the data."""
        return tuple(self.predictors) != STANDARD_PREDICTORS


def cells(grid: Grid, catalog: Catalog) -> list[ExperimentConfig]:
    """Every cell of the grid, then the predictors and the models. Equal cells are kept once.

    If no encoder, loss or model is named anywhere, these are the cells of the standard study, unless the table is a
    predictor's own config, or a model's. With models alone nothing is trained.

    Raises ConfigError and UnknownNameError for what `Spec` lines and the config can decide.
    """
    axes = dict(grid.axes)
    _refuse_data_axes(axes)
    settings = [parse_override(text) for text in grid.settings]
    alone = any(key in grid.table for key in ("predictor", "model"))
    named = {*axes, *grid.table, *(path[0] for path, _ in settings if len(path) == 1)}
    trains = not alone and bool(named & set(STANDARD_AXES) or grid.standard)
    if trains and not named & set(STANDARD_AXES):
        axes = {**STANDARD_AXES, **axes}
    _check_predicted(grid, [*map(key_path, axes), *(path for path, _ in settings)])
    of_networks = {key: axes[key] for key in axes if key_path(key)[0] != "predictor"}
    of_all = {key: axes[key] for key in axes if key_path(key)[0] not in NETWORK_KEYS}
    parts = [(grid.table, of_networks if trains else of_all, settings)] if trains or alone else []
    bare = {key: value for key, value in grid.table.items() if key not in STANDARD_AXES}
    others = [(path, value) for path, value in settings if path[0] not in STANDARD_AXES]
    parts += [({**bare, **grid.of_predictors, "predictor": predictor}, of_all, others) for predictor in grid.predictors]
    parts += [({**_without_training(grid.table), "model": model}, of_all, _scored(settings)) for model in grid.models]
    configs = [
        resolve(table, [*changes, *fixed], catalog)
        for shared, varying, fixed in parts
        for table, changes in _product(shared, varying)
    ]
    if grid.single_task:
        configs = with_baselines(configs)
    return list({str(to_table(config)): config for config in configs}.values())


def _without_training(table: Table) -> dict[str, Plain]:
    return {key: value for key, value in table.items() if key_path(key)[0] not in NETWORK_KEYS}


def _scored(settings: Sequence[Change]) -> list[Change]:
    """The settings that do not say how a network is built or learns: a trained network has its own."""
    return [(path, value) for path, value in settings if path[0] not in NETWORK_KEYS]


def _refuse_data_axes(axes: Mapping[str, Sequence[Plain]]) -> None:
    if data := [key for key in axes if key_path(key)[0] == "data"]:
        raise ConfigError(
            f"`{data[0]}` cannot be an axis: scores on different data cannot be compared in one column",
            "run a study for each, all with one more set in `eval_data`, and compare its columns; or let `[grid]` go "
            "through `extra_train`, which changes the training split alone",
        )


def _check_predicted(grid: Grid, paths: Sequence[tuple[str, ...]]) -> None:
    """Raise ConfigError for an option of predictors if there is none."""
    if "predictor" in grid.table or grid.predictors:
        return
    if options := [path for path in paths if path[0] == "predictor"]:
        hint = "leave it out, or name one: `mdf benchmark --predictor NAME`"
        raise ConfigError(f"`{'.'.join(options[0])}`: no predictor is compared", hint)


def _product(table: Table, axes: Mapping[str, Sequence[Plain]]) -> Iterator[tuple[dict[str, Plain], list[Change]]]:
    """Every combination of the axes' values: `table` with whole keys put in, and options of components to set later."""
    paths = [key_path(key) for key in axes]
    for values in itertools.product(*axes.values()):
        # the shorter path first: `loss.depth` must not wipe out `loss.depth.weight`
        changes = sorted(zip(paths, values, strict=True), key=lambda change: len(change[0]))
        result = dict(table)
        for path, value in changes:
            if not _is_option(path):
                result = put(result, path, value)
        yield result, [change for change in changes if _is_option(change[0])]


def _is_option(path: tuple[str, ...]) -> bool:
    """Whether it lies inside a component, which may be named elsewhere, or by default."""
    return len(path) > 1 and path[0] != "train"


def key_path(key: str) -> tuple[str, ...]:
    """A key's place in a config; the keys of `train` may be written without it (`steps`)."""
    return ("train", key) if key in Train.model_fields else tuple(key.split("."))
