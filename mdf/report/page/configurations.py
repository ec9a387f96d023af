"""The page's section "Configurations": each one's TOML file and the command that runs it again. Torch-free."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import tomli_w

from mdf.report.page.row_style import RowStyle, style_of
from mdf.report.report import StudyReport
from mdf.report.rows import Row
from mdf.runs.result import TrialResult


@dataclass(frozen=True, slots=True)
class Configuration:
    """One configuration.

    Attributes:
        label, style: the row's.
        file: the name under which the command expects the TOML.
        command: runs all of its seeds again.
        toml: the resolved configuration; the seeds stand in the command.
        trials: one line per trial.
    """

    label: str
    style: RowStyle
    file: str
    command: str
    toml: str
    trials: Sequence[str]


def configurations_of(report: StudyReport, plugins: Sequence[str]) -> list[Configuration]:
    """The configuration of each row; `plugins` are those that the study was run with."""
    return [_configuration(row, style_of(number), plugins) for number, row in enumerate(report.rows)]


def _configuration(row: Row, style: RowStyle, plugins: Sequence[str]) -> Configuration:
    file = f"{row.trials[0].id}.toml"
    trials = [_describe(trial) for trial in row.trials]
    return Configuration(row.label, style, file, _command(row, plugins, file), _toml(row), trials)


def _command(row: Row, plugins: Sequence[str], file: str) -> str:
    options = [part for plugin in plugins for part in ("-p", plugin)]
    words = ["mdf", *options, "benchmark", "--config", file]
    if row.is_random:  # a predictor's configuration runs that predictor alone
        words += ["--predictor", "none"]
        words += [part for trial in row.trials for part in ("--seed", str(trial.config.get("seed", 0)))]
    return shlex.join(words)


def _toml(row: Row) -> str:
    config = {key: value for key, value in row.trials[0].config.items() if key != "seed" or not row.is_random}
    return tomli_w.dumps(config)


def _describe(trial: TrialResult) -> str:
    parts = [f"seed {trial.config.get('seed')}", f"trial {trial.id}", trial.status]
    parts += [f"best step {trial.best_step}"] if trial.best_step is not None else []
    parts += [f"ended {trial.ended}"] if trial.ended else []
    return " · ".join(parts)
