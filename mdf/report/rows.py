"""The rows of a study's table: one a configuration, over its seeds. Torch-free."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from mdf.core.errors import ConfigError
from mdf.report.columns import Column
from mdf.runs.result import TrialResult


@dataclass(frozen=True, slots=True)
class Row:
    """One configuration: its trials, one a seed, in the order of the study."""

    label: str
    trials: tuple[TrialResult, ...]

    @property
    def done(self) -> tuple[TrialResult, ...]:
        """The trials that have scores."""
        return tuple(trial for trial in self.trials if trial.ok)

    @property
    def failed(self) -> tuple[TrialResult, ...]:
        """The trials that ended otherwise."""
        return tuple(trial for trial in self.trials if not trial.ok)

    @property
    def draws(self) -> bool:
        """Whether chance is part of it: a network's training is, a predictor has one row and no seed."""
        return "predictor" not in self.trials[0].config

    @property
    def single_run(self) -> bool:
        """Whether its own noise is unknown: a network with 1 seed."""
        return self.draws and len(self.done) == 1

    def values(self, column: Column) -> list[float]:
        """The column's values of the trials that have one."""
        found = (column.value(trial) for trial in self.done)
        return [value for value in found if value is not None]


def find_row(text: str, rows: Sequence[Row]) -> Row:
    """The row that `text` means: its label, a part of it that no other has, or the start of a trial's id.

    Raises ConfigError where none or several are meant.
    """
    exact = [row for row in rows if row.label == text]
    meant = exact or [r for r in rows if text in r.label or any(trial.id.startswith(text) for trial in r.trials)]
    if len(meant) == 1:
        return meant[0]
    labels = "; ".join(f"`{row.label}`" for row in (meant or rows))
    if meant:
        raise ConfigError(f"`{text}` may be {len(meant)} configurations: {labels}", "write more of the label")
    raise ConfigError(f"the study has no configuration `{text}`", f"it has {labels}")


def rows_of(results: Sequence[TrialResult]) -> list[Row]:
    """Trials that differ in their seed alone are one row."""
    rows: dict[str, list[TrialResult]] = {}
    for result in results:
        config = {key: value for key, value in result.config.items() if key != "seed"}
        rows.setdefault(json.dumps(config, sort_keys=True, default=str), []).append(result)
    return [Row(_label(trials[0]), tuple(trials)) for trials in rows.values()]


def _label(trial: TrialResult) -> str:
    """The trial's label without its seed."""
    seed = f"seed {trial.config.get('seed')}"
    return " · ".join(part for part in trial.label.split(" · ") if part != seed)
