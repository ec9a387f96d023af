"""The rows of a study's table: one per configuration, over its seeds. Torch-free."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from mdf.core.errors import ConfigError
from mdf.report.columns import TableColumn
from mdf.runs.result import TrialResult


@dataclass(frozen=True, slots=True)
class Row:
    """One configuration with its trials, one per seed, in the study's order."""

    label: str
    trials: tuple[TrialResult, ...]

    @property
    def done(self) -> tuple[TrialResult, ...]:
        """The trials that have scores."""
        return tuple(trial for trial in self.trials if trial.ok)

    @property
    def failed(self) -> tuple[TrialResult, ...]:
        """The trials that ended without scores."""
        return tuple(trial for trial in self.trials if not trial.ok)

    @property
    def is_random(self) -> bool:
        """Whether its scores depend on a seed: those of a predictor, or of a network trained elsewhere, do not."""
        return not {"predictor", "model"} & self.trials[0].config.keys()

    @property
    def single_run(self) -> bool:
        """Whether its spread over seeds is unknown: a network with one seed."""
        return self.is_random and len(self.done) == 1

    def values(self, column: TableColumn) -> list[float]:
        """The column's values, one per trial that has one."""
        values = (column.value(trial) for trial in self.done)
        return [value for value in values if value is not None]


def find_row(text: str, rows: Sequence[Row]) -> Row:
    """The row named by `text`: a label, a part of exactly one label, or the start of a trial's id.

    Raises ConfigError if no row or several rows match.
    """
    exact = [row for row in rows if row.label == text]
    matches = exact or [r for r in rows if text in r.label or any(trial.id.startswith(text) for trial in r.trials)]
    if len(matches) == 1:
        return matches[0]
    labels = "; ".join(f"`{row.label}`" for row in (matches or rows))
    if matches:
        raise ConfigError(f"`{text}` matches {len(matches)} configurations: {labels}", "write more of the label")
    raise ConfigError(f"the study has no configuration `{text}`", f"it has {labels}")


def rows_of(results: Sequence[TrialResult]) -> list[Row]:
    """Group trials into rows: trials that differ only in the seed are one row."""
    rows: dict[str, list[TrialResult]] = {}
    for result in results:
        config = {key: value for key, value in result.config.items() if key != "seed"}
        rows.setdefault(json.dumps(config, sort_keys=True, default=str), []).append(result)
    return [Row(_label_without_seed(trials[0]), tuple(trials)) for trials in rows.values()]


def row_name(row: Row) -> str:
    """A row's label. If some trials have no scores it says how they ended: `unet (1 of 3 failed)`."""
    if not row.failed:
        return row.label
    statuses = " and ".join(sorted({trial.status for trial in row.failed}))
    share = f"{len(row.failed)} of {len(row.trials)} " if len(row.trials) > 1 else ""
    return f"{row.label} ({share}{statuses})"


def _label_without_seed(trial: TrialResult) -> str:
    seed = f"seed {trial.config.get('seed')}"
    return " · ".join(part for part in trial.label.split(" · ") if part != seed)
