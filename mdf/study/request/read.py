"""From a request's file, keys and settings to one `Grid`. Torch-free."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from mdf.core.config import ExperimentConfig
from mdf.core.errors import ConfigError
from mdf.core.names import RENAMED
from mdf.core.overrides import parse_override, put
from mdf.core.plain import Plain, Table
from mdf.models.locate import find_model, shipped_models
from mdf.models.stored_config import config_table
from mdf.study.request.grid import STANDARD_PREDICTORS, Grid, key_path
from mdf.study.request.labels import flatten
from mdf.study.request.loggers import KEY, take_loggers
from mdf.study.request.request import StudyRequest
from mdf.study.request.suites import Suite, read_suite

NETWORK = ("encoder", "fusion", "decoder", "normalise")
"""Keys that say which network is built, beside `OWN`."""
OWN = ("heads", "enlarge_to")
"""Keys of a network that another one may have otherwise, and be the same for the rest."""
LISTS = ("extra_train", "eval_data")
"""Keys whose own value is a list, not an axis."""
KNOWN = {*ExperimentConfig.model_fields, KEY, "single_task", *(one.name for one in fields(StudyRequest))}
NONE = "none"
"""No predictor, and no model, where a list cannot be written."""


def read_grid(request: StudyRequest) -> Grid:
    """The grid that a request asks for: its config file or table, changed by its keys. A list of values is an axis.

    Raises ConfigError that names what cannot be read.
    """
    suite = _suite(request)
    shared, axes = _read_config(request.config)
    shared = {**{key: value for key, value in suite.table.items() if key not in axes}, **shared}
    for key, value in request.keys.items():
        if value is None or (key in LISTS and not value):
            continue
        axes.pop(key, None)
        if isinstance(value, list) and key not in LISTS:
            axes[key] = value
        else:
            shared = put(shared, key_path(key), value)
    _refuse_old_keys(shared, axes, request.settings)
    _take_seeds(shared, axes, request.keys)
    shared = _with_network_of_init(shared, axes, Path(request.runs))
    single_task = bool(shared.pop("single_task", False))
    loggers, settings = take_loggers(shared, axes, request.settings)
    settings = _take_predictor(shared, settings)
    models = _models(shared, axes, request.model)
    if request.suite and request.model is None and not models:
        models = list(shipped_models())
    of_predictors = {key: value for key, value in suite.of_predictors.items() if key not in {*shared, *axes}}
    predictors = _predictors(shared, axes, request.predictor)
    standard = not request.suite and not models
    return Grid(shared, axes, settings, predictors, models, single_task, loggers, of_predictors, standard)


def _with_network_of_init(
    shared: Mapping[str, Plain], axes: Mapping[str, Sequence[Plain]], runs: Path
) -> dict[str, Plain]:
    """`shared`, where it names a network to start from and none to build, with the parts of that network.

    Raises MdfError where there is no such network.
    """
    init = shared.get("init")
    run = init.get("run") if isinstance(init, Mapping) else init
    named = {key.partition(".")[0] for key in (*shared, *axes)}
    if not isinstance(run, str) or not run or named & {*NETWORK, "predictor", "model"}:
        return dict(shared)
    stored = config_table(find_model(run, runs))[0]
    own = [key for key in OWN if key not in named]
    return {**shared, **{key: stored[key] for key in (*NETWORK, *own) if key in stored}}


def _suite(request: StudyRequest) -> Suite:
    """The suite that is asked for, or an empty one. Raises ConfigError for a folder of data without a suite."""
    if request.suite:
        return read_suite(request.suite, str(request.data_root))
    if request.data_root:
        raise ConfigError("`--data-root` is the folder of a suite's data, and no suite is named", "add `--suite real`")
    return Suite({}, {})


def _refuse_old_keys(shared: Table, axes: Table, settings: Sequence[str]) -> None:
    """Raise ConfigError for a key that has been renamed."""
    for path in [*map(key_path, (*shared, *axes)), *(parse_override(text)[0] for text in settings)]:
        new = RENAMED.get(path[0], "")
        if new in KNOWN:
            now = ".".join((new, *path[1:]))
            raise ConfigError(
                f"the key `{path[0]}` is called `{new}` now", f"write `{now}` in place of `{'.'.join(path)}`"
            )


def _predictors(
    shared: dict[str, Plain], axes: dict[str, Sequence[Plain]], asked: str | Sequence[str | Table] | None
) -> list[str | Table]:
    """The predictors to compare with: those `asked` for, else those of the file, else the standard ones.

    A stored config of a predictor stands alone.
    """
    written = shared.get("predictor")
    alone = (isinstance(written, (str, Mapping)) and written != NONE) or "model" in shared
    listed = axes.pop("predictor", None) if alone else axes.pop("predictor", shared.pop("predictor", None))
    named = asked if asked is not None else listed
    if named is None:
        named = () if alone else STANDARD_PREDICTORS
    each = [named] if isinstance(named, (str, Mapping)) else named
    if not isinstance(each, (list, tuple)):
        raise ConfigError(
            f"`predictor` must be a list of names, not {each!r}", 'write `predictor = ["absdiff"]`, or `[]`'
        )
    return [one for one in each if one != NONE]


def _models(
    shared: dict[str, Plain], axes: dict[str, Sequence[Plain]], asked: str | Sequence[str | Table] | None
) -> list[str | Table]:
    """The trained networks to compare with: those `asked` for, else those that the file lists.

    A stored config of one stands alone, unless others are asked for.
    """
    written = shared.get("model")
    if asked is None and isinstance(written, (str, Mapping)):
        return []
    shared.pop("model", None)
    listed = axes.pop("model", written)
    named = asked if asked is not None else listed
    each = [named] if isinstance(named, (str, Mapping)) else named or ()
    if not isinstance(each, (list, tuple)):
        raise ConfigError(f"`model` = {each!r} is no list of names", 'write `model = ["mdf-base"]`')
    return [one for one in each if one != NONE]


def _take_predictor(shared: dict[str, Plain], settings: Sequence[str]) -> list[str]:
    """Move `--set predictor=absdiff` into the table, where it decides what is compared; returns the other settings."""
    others = []
    for text in settings:
        keys, value = parse_override(text)
        if keys == ("predictor",):
            shared["predictor"] = value
        else:
            others.append(text)
    return others


def _take_seeds(shared: dict[str, Plain], axes: dict[str, Sequence[Plain]], keys: Table) -> None:
    """Make `seeds = N` the axis of the seeds 0 to N − 1. A flag takes precedence over the file."""
    seeds = shared.pop("seeds", None)
    if seeds is None or (keys.get("seed") is not None and keys.get("seeds") is None):
        return
    if keys.get("seed") is not None:
        raise ConfigError("`seeds` and `seed` are both given", "give `--seeds 3` for 0, 1 and 2, or each `--seed`")
    if not isinstance(seeds, int) or isinstance(seeds, bool) or seeds < 1:
        raise ConfigError(f"`seeds` = {seeds!r} is not a number of seeds", "write for example `seeds = 3`")
    shared.pop("seed", None)
    axes["seed"] = list(range(seeds))


def _read_config(config: str | Path | Table | None) -> tuple[dict[str, Plain], dict[str, Sequence[Plain]]]:
    """Shared keys and axes of a config file or table."""
    if config is None:
        return {}, {}
    table = dict(config) if isinstance(config, Mapping) else _read_toml(Path(config))
    grid = table.pop("grid", {})
    if not isinstance(grid, Mapping):
        raise ConfigError("`grid` is not a table", 'write `[grid]`, and below it `encoder = ["unet", "resnet18"]`')
    axes: dict[str, Sequence[Plain]] = {}
    for key, values in flatten(grid).items():
        if not isinstance(values, list) or not values:
            raise ConfigError(f"`grid.{key}` is not a list of values", f'write `{key} = ["a", "b"]`')
        axes[key] = values
    return table, axes


def _read_toml(path: Path) -> dict[str, Plain]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"there is no file {path}", "check the path given with `--config`") from None
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}", "check the path given with `--config`") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} is not TOML: {error}", "correct the file; docs/reference/config.md shows the form"
        ) from error
