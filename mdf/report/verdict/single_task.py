"""Δm: what a row that predicts several tasks gains or loses against one row for each task alone.

Δm = 1/T · Σ over tasks of ±(score − baseline's score) / baseline's score, with + if higher is better: K.-K. Maninis,
I. Radosavovic and I. Kokkinos, “Attentive Single-Tasking of Multiple Tasks”, CVPR 2019, equation 4; S. Vandenhende et
al., “Multi-Task Learning for Dense Prediction Tasks: A Survey”, TPAMI 2021, equation 12. A task's score is its
headline score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mdf.core.config import to_table, validate
from mdf.report.columns import TableColumn
from mdf.report.rows import Row
from mdf.report.verdict.column_statistics import ColumnStatistics
from mdf.report.verdict.interval import Floats, Part, difference
from mdf.report.verdict.verdict import Delta
from mdf.study.single_task import baselines, identity


def deltas(
    rows: Sequence[Row], headlines: Sequence[TableColumn], loaded: Mapping[str, ColumnStatistics]
) -> list[Delta]:
    """Δm on the test split, of every row whose single-task baselines are rows too.

    `loaded` holds statistics by column title. A row is left out if one of its seeds lacks a score, since the scores of
    one seed belong together.
    """
    by_task = {c.task: loaded[c.title] for c in headlines if c.on == "" and c.title in loaded}
    gains = []
    for row in rows:
        alone = baseline_rows(row, rows)
        if len(alone) > 1 and all(t in by_task and _is_complete(row, other, by_task[t]) for t, other in alone.items()):
            gains.append(_delta(row, alone, by_task))
    return [gain for gain in gains if gain is not None]


def _is_complete(row: Row, baseline: Row, column: ColumnStatistics) -> bool:
    return {row.label, baseline.label} <= column.rows.keys() and len(column.rows[row.label].trials) == len(row.done)


def _delta(row: Row, alone: Mapping[str, Row], columns: Mapping[str, ColumnStatistics]) -> Delta | None:
    """Δm of `row`; None if a baseline scores 0.

    The first part of the difference is the row's own, summed over tasks because one trial's scores belong together.
    Each baseline adds a part.
    """
    own: Floats | float = 0.0
    own_resampled: Floats | float = 0.0
    baseline_parts: list[tuple[float, Part]] = []
    for task, baseline in alone.items():
        measured = columns[task]
        sign = (1 if measured.column.higher_is_better else -1) / len(alone)
        trials, baseline_trials = measured.rows[row.label].trials, measured.rows[baseline.label].trials
        base = measured.scores[baseline_trials].mean()
        base_resampled = measured.resampled[:, baseline_trials].mean(1, keepdims=True)
        level = measured.scores[trials].mean()
        own = own + sign * (measured.scores[trials] - base) / base
        own_resampled = own_resampled + sign * (measured.resampled[:, trials] - base_resampled) / base_resampled
        # how much a baseline's seed shifts Δm, to first order; the noise of its images is in the row's part already
        shift = -sign * level / base**2 * (measured.scores[baseline_trials] - base)
        no_data_noise = np.zeros((len(measured.resampled), len(baseline_trials)))
        baseline_parts.append((1.0, Part(shift, no_data_noise, baseline.is_random)))
    groups = min(len(columns[task].group_sums[0]) for task in alone)
    if not np.isfinite(np.asarray(own)).all():
        return None
    own_part = Part(np.asarray(own), np.asarray(own_resampled), row.is_random)
    gain = difference([(1.0, own_part), *baseline_parts], groups)
    return Delta(
        row=row.label,
        baselines={task: baseline.label for task, baseline in alone.items()},
        value=gain.value,
        low=gain.value - gain.half_width,
        high=gain.value + gain.half_width,
        single_run=any(each.single_run for each in (row, *alone.values())),
    )


def baseline_rows(row: Row, rows: Sequence[Row]) -> Mapping[str, Row]:
    """The single-task baselines of `row`, by task; empty unless every task has one."""
    config = row.trials[0].config
    heads = config.get("heads")
    if not row.is_random or not isinstance(heads, Mapping) or len(heads) < 2:
        return {}
    known = {identity(other.trials[0].config): other for other in rows}
    wanted = {task: identity(to_table(baseline)) for task, baseline in baselines(validate(config)).items()}
    return {t: known[key] for t, key in wanted.items()} if all(key in known for key in wanted.values()) else {}
