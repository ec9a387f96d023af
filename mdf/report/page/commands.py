"""What runs a configuration again: its TOML and the command that reads it. Torch-free."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

import tomli_w

from mdf.report.page import looks
from mdf.report.report import StudyReport
from mdf.report.rows import Row
from mdf.runs.result import TrialResult


def configurations(report: StudyReport, plugins: Sequence[str]) -> list[dict[str, object]]:
    """Each row's configuration and command; `plugins` are those that the report was made with."""
    return [_of(row, number, plugins) for number, row in enumerate(report.rows)]


def command(row: Row, plugins: Sequence[str], file: str) -> str:
    """The command that runs every seed of `row` from its configuration, saved as `file`."""
    given = [part for plugin in plugins for part in ("-p", plugin)]
    words = ["mdf", *given, "benchmark", "--config", file]
    if row.draws:  # a method's own configuration asks for no other beside it
        words += ["--predictor", "none"]
        words += [part for trial in row.trials for part in ("--seed", str(trial.config.get("seed", 0)))]
    return shlex.join(words)


def toml(row: Row) -> str:
    """The resolved configuration of a row, without the seeds, which the command names."""
    config = {key: value for key, value in row.trials[0].config.items() if key != "seed" or not row.draws}
    return tomli_w.dumps(config)


def _of(row: Row, number: int, plugins: Sequence[str]) -> dict[str, object]:
    file = f"{row.trials[0].id}.toml"
    return {
        "label": row.label,
        "colour": looks.colour(number),
        "symbol": looks.mark(number)[0],
        "file": file,
        "command": command(row, plugins, file),
        "toml": toml(row),
        "trials": [_told(trial) for trial in row.trials],
    }


def _told(trial: TrialResult) -> str:
    told: list[Any] = [f"seed {trial.config.get('seed')}", f"trial {trial.id}", trial.status]
    told += [f"best step {trial.best_step}"] if trial.best_step is not None else []
    told += [f"ended {trial.ended}"] if trial.ended else []
    return " · ".join(map(str, told))
