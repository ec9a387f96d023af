"""A score for each scene, their mean and the worst: how a method does on cameras, not on pixels.

All images of a scene are pooled first. The mean over scenes has the interval of other scenes like these: scenes are
drawn with replacement (see `resample`), and the spread of the drawn means is widened as for Student's t, because few
scenes are drawn from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from mdf.report.columns import TableColumn
from mdf.report.verdict.column_statistics import ColumnStatistics, Floats
from mdf.report.verdict.interval import t_quantile
from mdf.report.verdict.resample import RESAMPLES, group_sums, resampled_scores
from mdf.report.verdict.verdict import Estimate

MEAN, WORST = "mean over scenes", "worst scene"
MOST = 100
"""More scenes than this are not shown one by one."""


@dataclass(frozen=True, slots=True)
class SceneScores:
    """The scores of one column by scene: their columns, each row's estimates by column title, and notes."""

    columns: Sequence[TableColumn] = ()
    estimates: Mapping[str, Mapping[str, Estimate]] = field(default_factory=dict)
    notes: Sequence[str] = ()


def shown_by_scene(headlines: Sequence[TableColumn]) -> list[TableColumn]:
    """The columns that are shown by scene: those of other data, or if there are none, those of the test split."""
    return [column for column in headlines if column.on] or list(headlines)


def by_scene(measured: ColumnStatistics) -> SceneScores:
    """The scores of `measured` by scene; empty where there is one scene, with a note where there are too many."""
    names, scene_of = np.unique(np.asarray(measured.images.scenes), return_inverse=True)
    if len(names) < 2:
        return SceneScores()
    scores = measured.score(group_sums(measured.tables, scene_of.astype(np.int64)))  # scenes × trials
    column = measured.column
    shown = list(names) if len(names) <= MOST else []
    columns = [_part(column, condition) for condition in (MEAN, WORST, *shown)]
    estimates = {
        label: _estimates(columns, scores[:, scored.trials].mean(1), len(scored.trials), column)
        for label, scored in measured.rows.items()
    }
    notes = [f"{column.title}: ± of the {MEAN} is its 95 % interval over scenes like these {len(names)}"]
    if not shown:
        notes.append(f"{column.title}: {len(names)} scenes are too many to show one by one")
    return SceneScores(columns, estimates, notes)


def _estimates(columns: Sequence[TableColumn], scores: Floats, seeds: int, column: TableColumn) -> dict[str, Estimate]:
    """A row's estimates from its score of each scene; a scene in which nothing was measured has none."""
    known = scores[np.isfinite(scores)]
    if not len(known):
        return {}
    worst = known.min() if column.higher_is_better else known.max()
    values = [float(known.mean()), float(worst), *map(float, scores)]
    widths = [_half_width(known), *[None] * len(columns)]
    return {
        part.title: Estimate(value, width, seeds)
        for part, value, width in zip(columns, values, widths, strict=False)
        if np.isfinite(value)
    }


def _half_width(scores: Floats) -> float | None:
    """Half of the 95 % interval of the mean over scenes; None of a single scene."""
    count = len(scores)
    if count < 2:
        return None
    means = resampled_scores(scores[:, None], lambda sums: sums[:, 0] / count, RESAMPLES)
    return t_quantile(count - 1) * float(means.std(ddof=1)) * float(np.sqrt(count / (count - 1)))


def _part(column: TableColumn, condition: str) -> TableColumn:
    return replace(column, title=f"{column.title} · {condition}", condition=str(condition))
