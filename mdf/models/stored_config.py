"""The config of a trained network, as its run or its packed file stores it. Torch-free."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mdf.core.config import ExperimentConfig, validate
from mdf.core.errors import MdfError
from mdf.models.packed import is_packed, read_header
from mdf.runs import result
from mdf.runs.result import CONFIG, MODEL, WEIGHTS

DAMAGED = "copy the run's folder again, or run its `config.toml` once more"


def config_of(
    folder: Path, changes: Mapping[str, str | int | tuple[int, int] | None] | None = None
) -> ExperimentConfig:
    """The config of the network in `folder`, or in the packed file of that path; `changes` replace its keys; those that
    are None do not.

    Raises MdfError where the run trained no network.
    """
    table, source = config_table(folder)
    config = validate(table, source)
    if given := {key: value for key, value in (changes or {}).items() if value is not None}:
        config = validate({**table, **given}, f"the run {folder.name} with these options")
    if config.predictor is not None:
        raise MdfError(
            f"the run {folder.name} is the method `{config.predictor.name}`, which leaves no network to load",
            "name a run that trained a network; `latest` means the last one that did",
        )
    return config


def config_table(folder: Path) -> tuple[dict[str, Any], str]:
    """The table of the config of the network in `folder`, and the file that it was read from.

    Raises MdfError where there is none, or it is damaged.
    """
    if is_packed(folder):
        return read_header(folder).config_table(folder), str(folder)
    path = folder / CONFIG
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")), str(path)
    except FileNotFoundError:
        raise missing_file(path) from None
    except (OSError, ValueError) as error:
        raise MdfError(f"cannot read {path}: {error}", DAMAGED) from error


def missing_file(path: Path) -> MdfError:
    """The error for a file that is not there: the run failed, or its folder is incomplete."""
    if result.has_ended(path.parent):
        stored = result.load(path.parent)
        if not stored.ok:
            return MdfError(
                f"the run {path.parent.name} ended `{stored.status}` and left no network: {stored.reason}",
                stored.hint or "choose another run; `latest` means the last one that left a network",
            )
    return MdfError(f"there is no {path}", f"a model is the three files {CONFIG}, {MODEL} and {WEIGHTS}; {DAMAGED}")
