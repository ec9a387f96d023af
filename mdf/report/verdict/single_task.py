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
from mdf.report.columns import HIGHER_IS_BETTER, Column
from mdf.report.rows import Row
from mdf.report.verdict.interval import Floats, Part, difference
from mdf.report.verdict.scored import Measured
from mdf.report.verdict.words import Delta
from mdf.study.single_task import baselines, identity


def deltas(rows: Sequence[Row], headlines: Sequence[Column], scored: Mapping[str, Measured]) -> list[Delta]:
    """Δm on the test split, of every row whose single-task baselines are rows too.

    A row whose seeds do not all have all scores is left out, since the scores of one seed go together. `scored` holds
    the measured columns by title.
    """
    columns = {c.task: scored[c.title] for c in headlines if c.on == "" and c.title in scored}
    gains = []
    for row in rows:
        alone = baseline_rows(row, rows)
        if len(alone) > 1 and all(t in columns and _is_complete(row, other, columns[t]) for t, other in alone.items()):
            gains.append(_delta(row, alone, columns))
    return [delta for delta in gains if delta is not None]


def _is_complete(row: Row, baseline: Row, column: Measured) -> bool:
    return {row.label, baseline.label} <= column.rows.keys() and len(column.rows[row.label][1]) == len(row.done)


def _delta(row: Row, baselines: Mapping[str, Row], columns: Mapping[str, Measured]) -> Delta | None:
    """None if a baseline scores 0.

    The first part is the row's own, of all tasks at once since one trial's scores go together; then one a baseline.
    """
    own: Floats | float = 0.0
    others: list[tuple[float, Part]] = []
    own_resampled: Floats | float = 0.0
    for task, baseline in baselines.items():
        one = columns[task]
        sign = (1 if one.column.direction == HIGHER_IS_BETTER else -1) / len(baselines)
        mine, its = one.rows[row.label][1], one.rows[baseline.label][1]
        base = one.scores[its].mean()
        base_resampled = one.resampled[:, its].mean(1, keepdims=True)
        level = one.scores[mine].mean()
        own = own + sign * (one.scores[mine] - base) / base
        own_resampled = own_resampled + sign * (one.resampled[:, mine] - base_resampled) / base_resampled
        # what a baseline's seed shifts, to first order; its images' noise is in the row's part already
        shift = -sign * level / base**2 * (one.scores[its] - base)
        others.append((1.0, Part(shift, np.zeros((len(one.resampled), len(its))), baseline.draws)))
    groups = min(len(columns[task].grouped[0]) for task in baselines)
    if not np.isfinite(np.asarray(own)).all():
        return None
    gain = difference([(1.0, Part(np.asarray(own), np.asarray(own_resampled), row.draws)), *others], groups)
    return Delta(
        row=row.label,
        baselines={task: baseline.label for task, baseline in baselines.items()},
        value=gain.value,
        low=gain.value - gain.half_width,
        high=gain.value + gain.half_width,
        single_run=any(each.single_run for each in (row, *baselines.values())),
    )


def baseline_rows(row: Row, rows: Sequence[Row]) -> Mapping[str, Row]:
    """The rows that are the single-task baselines of `row`, by task; none unless every task has one."""
    if not row.draws:
        return {}
    config = validate(row.trials[0].config)
    if len(config.heads) < 2:
        return {}
    known = {identity(other.trials[0].config): other for other in rows}
    wanted = {task: identity(to_table(baseline)) for task, baseline in baselines(config).items()}
    return {t: known[key] for t, key in wanted.items()} if all(key in known for key in wanted.values()) else {}
