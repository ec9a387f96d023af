"""One column's stored statistics of all trials in one array, and the metric that turns sums of them into scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mdf.core.metric import Metric
from mdf.registry import Catalog
from mdf.report.columns import TableColumn
from mdf.report.rows import Row
from mdf.report.verdict.resample import RESAMPLES, GroupKind, group_images, group_sums, resampled_scores
from mdf.runs import statistics
from mdf.runs.result import TrialResult
from mdf.runs.statistics import Statistics

Floats = NDArray[np.float64]


class Scorer:
    """A column's metric as a function from sums of statistics to scores."""

    def __init__(self, column: TableColumn, catalog: Catalog) -> None:
        self.metric: Metric = catalog.create("metric", column.metric, dict(column.options))

    def __call__(self, sums: Floats) -> Floats:
        """…×K sums → … scores; NaN if nothing was measured."""
        scores: Floats = self.metric.score(torch.from_numpy(np.ascontiguousarray(sums))).numpy()
        return scores


@dataclass(frozen=True, slots=True)
class ScoredRow:
    """A row, and the positions of its trials on the T axis of `ColumnStatistics.tables`."""

    row: Row
    trials: NDArray[np.int64]


@dataclass(frozen=True)
class ColumnStatistics:
    """One column of the rows that were scored on the same images.

    Attributes:
        column: the column.
        rows: the rows that have it, by label, in the table's order.
        tables: N×T×K float64, the statistics of N images by T trials.
        images: where the images come from.
        score: turns sums of statistics into scores.
    """

    column: TableColumn
    rows: Mapping[str, ScoredRow]
    tables: Floats
    images: Statistics
    score: Scorer

    @cached_property
    def scores(self) -> Floats:
        """T, each trial's score over all images."""
        return self.score(self.tables.sum(0))

    @cached_property
    def group_sums(self) -> tuple[Floats, GroupKind]:
        """G×T×K sums over the groups of images that are resampled as a whole, and the kind of group."""
        group_of, kind = group_images(self.images.scenes)
        return group_sums(self.tables, group_of), kind

    @cached_property
    def resampled(self) -> Floats:
        """R×T, each trial's score in every resample of the images; the resamples are the same for all trials."""
        return resampled_scores(self.group_sums[0], self.score, RESAMPLES)

    def scores_on(self, chosen: NDArray[np.bool_]) -> Floats:
        """T, each trial's score over the chosen images (N bool)."""
        return self.score(self.tables[chosen].sum(0))


class StatisticsCache:
    """The statistics of trials; each file is read once."""

    def __init__(self) -> None:
        self._by_trial: dict[str, dict[str, Statistics]] = {}

    def read(self, trial: TrialResult, on: str) -> Statistics | None:
        """A trial's statistics on one data set; None if it was not scored on it."""
        if trial.id not in self._by_trial:
            self._by_trial[trial.id] = statistics.read(Path(trial.folder) / statistics.STATISTICS)
        return self._by_trial[trial.id].get(on)


def load_column(
    rows: Iterable[Row], column: TableColumn, cache: StatisticsCache, catalog: Catalog
) -> tuple[ColumnStatistics | None, list[str]]:
    """A column's statistics on the images that most trials share, and the labels of rows scored on other images.

    The statistics are None if no trial has any.
    """
    name = column.key.partition("@")[0]
    stored_by_row: list[tuple[Row, list[Statistics]]] = []
    for row in rows:
        stored = [cache.read(trial, column.on) for trial in row.done if column.value(trial) is not None]
        stored_by_row.append((row, [part for part in stored if part is not None and name in part.tables]))
    every = [part for _, stored in stored_by_row for part in stored]
    if not every:
        return None, []
    trials_on = Counter(tuple(part.ids) for part in every)
    images = max(every, key=lambda part: trials_on[tuple(part.ids)])
    scored: dict[str, ScoredRow] = {}
    tables: list[Floats] = []
    on_other_images = []
    for row, stored_parts in stored_by_row:
        if any(part.ids != images.ids for part in stored_parts):
            on_other_images.append(row.label)
        elif stored_parts:
            scored[row.label] = ScoredRow(row, np.arange(len(tables), len(tables) + len(stored_parts)))
            tables += [part.tables[name] for part in stored_parts]
    if not tables:
        return None, on_other_images
    loaded = ColumnStatistics(column, scored, np.stack(tables, axis=1), images, Scorer(column, catalog))
    return loaded, on_other_images
