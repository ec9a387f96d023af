"""What the user asked of a benchmark: a file, keys and predictors made one `Request`. Torch-free."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mdf.core.errors import ConfigError
from mdf.core.overrides import parse_override, put
from mdf.study.request.grid import STANDARD_PREDICTORS, Request, key_path
from mdf.study.request.labels import flatten
from mdf.study.request.loggers import take_loggers

LISTS = ("extra_train", "eval_data")
"""Keys whose value is a list itself, not an axis."""
NONE = "none"
"""No predictor, where a list cannot be written."""


def read_request(
    config: str | Path | Mapping[str, Any] | None,
    settings: Sequence[str],
    predictor: str | Sequence[str] | None,
    keys: Mapping[str, Any],
) -> Request:
    """The request that a config file (or its table) makes, with `keys` before it: a list of values is an axis.

    Raises ConfigError naming what cannot be read.
    """
    shared, axes = _read_config(config)
    for key, value in keys.items():
        if value is None or (key in LISTS and not value):
            continue
        axes.pop(key, None)
        if isinstance(value, list) and key not in LISTS:
            axes[key] = value
        else:
            shared = put(shared, key_path(key), value)
    _take_seeds(shared, axes, keys)
    twins = bool(shared.pop("twins", False))
    loggers, settings = take_loggers(shared, axes, settings)
    settings = _take_predictor(shared, settings)
    own = isinstance(shared.get("predictor"), (str, Mapping)) and shared["predictor"] != NONE
    listed = axes.pop("predictor", None) if own else axes.pop("predictor", shared.pop("predictor", None))
    asked = predictor if predictor is not None else listed
    if asked is None:  # a predictor's own config, as it is stored with its result, stands alone
        asked = () if own else STANDARD_PREDICTORS
    named: Any = [asked] if isinstance(asked, (str, Mapping)) else asked
    if not isinstance(named, (list, tuple)):
        raise ConfigError(f"`predictor` = {named!r} is no list of names", 'write `predictor = ["absdiff"]`, or `[]`')
    return Request(shared, axes, settings, [one for one in named if one != NONE], twins, loggers)


def _take_predictor(shared: dict[str, Any], settings: Sequence[str]) -> list[str]:
    """Make `--set predictor=absdiff` the table's own key, which decides what is compared; the other settings."""
    others = []
    for text in settings:
        keys, value = parse_override(text)
        if keys == ("predictor",):
            shared["predictor"] = value
        else:
            others.append(text)
    return others


def _take_seeds(shared: dict[str, Any], axes: dict[str, Any], keys: Mapping[str, Any]) -> None:
    """Make `seeds = N` the axis of the seeds 0 to N − 1; a flag goes before what a file says."""
    seeds = shared.pop("seeds", None)
    if seeds is None or (keys.get("seed") is not None and keys.get("seeds") is None):
        return
    if keys.get("seed") is not None:
        raise ConfigError("`seeds` and `seed` are both given", "give `--seeds 3` for 0, 1 and 2, or each `--seed`")
    if not isinstance(seeds, int) or isinstance(seeds, bool) or seeds < 1:
        raise ConfigError(f"`seeds` = {seeds!r} is no number of seeds", "write for example `seeds = 3`")
    shared.pop("seed", None)
    axes["seed"] = list(range(seeds))


def _read_config(config: str | Path | Mapping[str, Any] | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Shared keys and axes of a config file or table."""
    if config is None:
        return {}, {}
    table = dict(config) if isinstance(config, Mapping) else _read_toml(Path(config))
    axes = table.pop("grid", {})
    if not isinstance(axes, dict):
        raise ConfigError("`grid` is not a table", 'write `[grid]`, and below it `encoder = ["unet", "resnet18"]`')
    axes = flatten(axes)
    wrong = [key for key, value in axes.items() if not isinstance(value, list) or not value]
    if wrong:
        raise ConfigError(f"`grid.{wrong[0]}` is not a list of values", f'write `{wrong[0]} = ["a", "b"]`')
    return table, axes


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"there is no file {path}", "check the path given with `--config`") from None
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}", "check the path given with `--config`") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} is not TOML: {error}", "mend the file; docs/reference/config.md shows the form"
        ) from error
