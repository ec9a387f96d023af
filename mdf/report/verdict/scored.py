"""The stored statistics of a study's trials as arrays side by side, and the metrics that score sums of them."""

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
from mdf.report.columns import Column
from mdf.report.rows import Row
from mdf.report.verdict.resample import RESAMPLES, Kind, group_sums, groups, resampled
from mdf.runs import statistics
from mdf.runs.result import TrialResult
from mdf.runs.statistics import Statistics

Floats = NDArray[np.float64]


class Scorer:
    """A column's metric, from sums of its statistics to scores."""

    def __init__(self, column: Column, catalog: Catalog) -> None:
        self.metric: Metric = catalog.create("metric", column.metric, dict(column.options))

    def __call__(self, totals: Floats) -> Floats:
        """…×K sums → … scores; NaN where nothing was measured."""
        found: Floats = self.metric.score(torch.from_numpy(np.ascontiguousarray(totals))).numpy()
        return found


@dataclass(frozen=True)
class Measured:
    """One column of the rows that were scored on the same images.

    Attributes:
        column: which.
        rows: those that have it, in the table's order, and for each the places of its trials in `tables`.
        tables: N×T×K, the statistics of N images by T trials.
        images: where the images come from.
    """

    column: Column
    rows: Mapping[str, tuple[Row, NDArray[np.int64]]]
    tables: Floats
    images: Statistics
    score: Scorer

    @cached_property
    def scores(self) -> Floats:
        """T, each trial's score over all images."""
        return self.score(self.tables.sum(0))

    @cached_property
    def grouped(self) -> tuple[Floats, Kind]:
        """G×T×K sums of the groups of images that are drawn as a whole, and what they are."""
        of, kind = groups(self.images.scenes)
        return group_sums(self.tables, of), kind

    @cached_property
    def resampled(self) -> Floats:
        """R×T, each trial's score in every resample of the images, the same resamples for all."""
        return resampled(self.grouped[0], self.score, RESAMPLES)

    def of(self, chosen: NDArray[np.bool_]) -> Floats:
        """T, each trial's score over the chosen images."""
        return self.score(self.tables[chosen].sum(0))


class Kept:
    """The statistics of trials, each file read once."""

    def __init__(self) -> None:
        self._read: dict[str, dict[str, Statistics]] = {}

    def of(self, trial: TrialResult, on: str) -> Statistics | None:
        """A trial's statistics on one data set."""
        if trial.id not in self._read:
            self._read[trial.id] = statistics.read(Path(trial.folder) / statistics.STATISTICS)
        return self._read[trial.id].get(on)


def measured(rows: Iterable[Row], column: Column, kept: Kept, catalog: Catalog) -> tuple[Measured | None, list[str]]:
    """A column's statistics on the images that most of the trials share, and the labels of the rows that were scored
    on others."""
    name = column.key.partition("@")[0]
    parts_of: list[tuple[Row, list[Statistics]]] = []
    for row in rows:
        found = [kept.of(trial, column.on) for trial in row.done if column.value(trial) is not None]
        parts_of.append((row, [part for part in found if part is not None and name in part.tables]))
    every = [part for _, parts in parts_of for part in parts]
    if not every:
        return None, []
    splits = Counter(tuple(part.ids) for part in every)
    images = max(every, key=lambda part: splits[tuple(part.ids)])
    known: dict[str, tuple[Row, NDArray[np.int64]]] = {}
    tables: list[Floats] = []
    elsewhere = []
    for row, parts in parts_of:
        if any(part.ids != images.ids for part in parts):
            elsewhere.append(row.label)
        elif parts:
            known[row.label] = row, np.arange(len(tables), len(tables) + len(parts))
            tables += [part.tables[name] for part in parts]
    if not tables:
        return None, elsewhere
    return Measured(column, known, np.stack(tables, axis=1), images, Scorer(column, catalog)), elsewhere
