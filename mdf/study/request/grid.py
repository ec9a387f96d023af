"""From what the user asked to the cells of the grid: each a whole config. Torch-free."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mdf.core.config import ExperimentConfig, Train, to_table
from mdf.core.errors import ConfigError
from mdf.core.overrides import Change, parse_override, put
from mdf.registry import Catalog
from mdf.study.request.resolve import resolve
from mdf.study.twins import with_twins

STANDARD_AXES: Mapping[str, list[str]] = {"encoder": ["unet", "resnet18"], "loss": ["l1", "mse"]}
STANDARD_PREDICTORS = ("absdiff", "mean-depth", "background-depth")
NETWORK_KEYS = (
    *("encoder", "fusion", "decoder", "init", "teacher", "loss", "schedule", "balance", "normalise", "augment"),
    *("train", "seed"),
)
"""Keys that a predictor does not read: it has one row whatever their axes."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a benchmark was asked for.

    Attributes:
        table: keys of an experiment config that all cells share.
        axes: keys of a config (`encoder`, `train.lr`), each with the values that the grid goes through, in order.
        settings: `key=value` overrides for all cells, applied last.
        predictors: the whole methods to compare with; each is one row beside the grid.
        twins: whether each network of several tasks gets its single-task twins beside it.
        loggers: the options of loggers, by name; none of them is in a cell.
    """

    table: Mapping[str, Any] = field(default_factory=dict)
    axes: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    settings: Sequence[str] = ()
    predictors: Sequence[str] = STANDARD_PREDICTORS
    twins: bool = False
    loggers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

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
    if data := [key for key in axes if key_path(key)[0] == "data"]:
        raise ConfigError(
            f"`{data[0]}` cannot be an axis: scores on different data are not to be compared in one column",
            "run a study for each, all with one more set in `eval_data`, and compare its columns; or let `[grid]` go "
            "through `extra_train`, which changes the training split alone",
        )
    settings = [parse_override(text) for text in request.settings]
    networks = "predictor" not in request.table
    named = {*axes, *request.table, *(path[0] for path, _ in settings if len(path) == 1)}
    if networks and not named & set(STANDARD_AXES):
        axes = {**STANDARD_AXES, **axes}
    _check_predicted(request, [*map(key_path, axes), *(path for path, _ in settings)])
    of_networks = {key: axes[key] for key in axes if key_path(key)[0] != "predictor"}
    of_all = {key: axes[key] for key in axes if key_path(key)[0] not in NETWORK_KEYS}
    grids = [(request.table, of_networks if networks else of_all, settings)]
    bare = {key: value for key, value in request.table.items() if key not in STANDARD_AXES}
    others = [(path, value) for path, value in settings if path[0] not in STANDARD_AXES]
    grids += [({**bare, "predictor": predictor}, of_all, others) for predictor in request.predictors]
    found = [
        resolve(table, [*changes, *fixed], catalog)
        for shared, varying, fixed in grids
        for table, changes in _product(shared, varying)
    ]
    if request.twins:
        found = with_twins(found)
    return list({str(to_table(config)): config for config in found}.values())


def _check_predicted(request: Request, paths: Sequence[tuple[str, ...]]) -> None:
    """Raises ConfigError where an option of predictors is given and there is none."""
    if "predictor" in request.table or request.predictors:
        return
    if options := [path for path in paths if path[0] == "predictor"]:
        hint = "leave it out, or name one: `mdf benchmark --predictor NAME`"
        raise ConfigError(f"`{'.'.join(options[0])}`: no predictor is compared", hint)


def _product(
    table: Mapping[str, Any], axes: Mapping[str, Sequence[Any]]
) -> Iterator[tuple[dict[str, Any], list[Change]]]:
    """`table` with every combination of the axes' values: whole keys put in, options of components to be set later."""
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
