"""Δm: what a row that predicts several tasks gains or loses against a row for each task alone.

Δm = 1/T · Σ over tasks of ±(score − twin's score) / twin's score, with + where higher is better: K.-K. Maninis,
I. Radosavovic and I. Kokkinos, “Attentive Single-Tasking of Multiple Tasks”, CVPR 2019, equation 4; S. Vandenhende et
al., “Multi-Task Learning for Dense Prediction Tasks: A Survey”, TPAMI 2021, equation 12. A task's score is its
headline one.
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
from mdf.study.twins import identity
from mdf.study.twins import twins as single_task


def deltas(rows: Sequence[Row], headlines: Sequence[Column], found: Mapping[str, Measured]) -> list[Delta]:
    """Δm on the test split of every row whose single-task twins are rows too, and all of whose seeds have all scores:
    those of one seed go together."""
    columns = {c.task: found[c.title] for c in headlines if c.on == "" and c.title in found}
    told = []
    for row in rows:
        twins = twins_of(row, rows)
        if len(twins) > 1 and all(t in columns and _are_known(row, twin, columns[t]) for t, twin in twins.items()):
            told.append(_delta(row, twins, columns))
    return [delta for delta in told if delta is not None]


def _are_known(row: Row, twin: Row, column: Measured) -> bool:
    return {row.label, twin.label} <= column.rows.keys() and len(column.rows[row.label][1]) == len(row.done)


def _delta(row: Row, twins: Mapping[str, Row], columns: Mapping[str, Measured]) -> Delta | None:
    """None where a twin scores 0.

    The first part is the row's own, of all tasks at once since one trial's scores go together; then one a twin.
    """
    own: Floats | float = 0.0
    others: list[tuple[float, Part]] = []
    own_resampled: Floats | float = 0.0
    for task, twin in twins.items():
        one = columns[task]
        sign = (1 if one.column.direction == HIGHER_IS_BETTER else -1) / len(twins)
        mine, its = one.rows[row.label][1], one.rows[twin.label][1]
        base = one.scores[its].mean()
        base_resampled = one.resampled[:, its].mean(1, keepdims=True)
        level = one.scores[mine].mean()
        own = own + sign * (one.scores[mine] - base) / base
        own_resampled = own_resampled + sign * (one.resampled[:, mine] - base_resampled) / base_resampled
        # what a twin's seed shifts, to first order; its images' noise is in the row's part already
        shift = -sign * level / base**2 * (one.scores[its] - base)
        others.append((1.0, Part(shift, np.zeros((len(one.resampled), len(its))), twin.draws)))
    groups = min(len(columns[task].grouped[0]) for task in twins)
    if not np.isfinite(np.asarray(own)).all():
        return None
    found = difference([(1.0, Part(np.asarray(own), np.asarray(own_resampled), row.draws)), *others], groups)
    return Delta(
        row=row.label,
        twins={task: twin.label for task, twin in twins.items()},
        value=found.value,
        low=found.value - found.half_width,
        high=found.value + found.half_width,
        single_run=any(each.single_run for each in (row, *twins.values())),
    )


def twins_of(row: Row, rows: Sequence[Row]) -> Mapping[str, Row]:
    """The rows that are the single-task twins of `row`, by task; none unless there is one for every task."""
    config = row.trials[0].config
    if not row.draws or len(config.get("heads", ())) < 2:
        return {}
    known = {identity(other.trials[0].config): other for other in rows}
    wanted = {task: identity(to_table(twin)) for task, twin in single_task(validate(config)).items()}
    return {t: known[key] for t, key in wanted.items()} if all(key in known for key in wanted.values()) else {}
