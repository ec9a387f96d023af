"""Chooses the test frames to show: the worst, the median and the best over all configurations. Runs in a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from mdf.core.config import ExperimentConfig, validate
from mdf.core.progress import OnProgress
from mdf.engine.scoring import Column
from mdf.models import assemble
from mdf.registry import Catalog
from mdf.report.frames.frame import GROUPS, Frame
from mdf.runs.result import load
from mdf.runs.statistics import STATISTICS, Table, read

TEST = ""
"""The test split's label among the data sets that were scored."""

SampleScores = Sequence[tuple[Column, Tensor]]
"""A trial's headline columns with the score of every sample: N float64, NaN if nothing was measured."""


def choose(on_progress: OnProgress, folders: Sequence[Path], plugins: Sequence[str], count: int) -> list[Frame]:
    """`count` frames of each group, worst first, from the test split that most trials in `folders` share.

    Frames are ordered by their mean rank over tasks; a task's rank uses the headline score, averaged over trials. A
    group shows a scene twice only if there are not enough scenes.
    """
    del on_progress  # it takes moments
    catalog = Catalog.discover(plugins)
    stored = {folder: read(folder / STATISTICS)[TEST] for folder in folders}
    splits = [statistics.ids for statistics in stored.values()]
    ids = max(splits, key=splits.count)
    shared = {folder: statistics for folder, statistics in stored.items() if statistics.ids == ids}
    scores: dict[str, SampleScores] = {}
    for folder, statistics in shared.items():
        result = load(folder)
        scores[result.id] = _sample_scores(validate(result.config, str(folder)), statistics.tables, catalog)
    samples = next(iter(shared.values()))
    order = _worst_first(list(scores.values()), len(ids))
    return [
        Frame(
            position=position,
            id=ids[position],
            scene=samples.scenes[position],
            tags=tuple(sorted(samples.tags[position])),
            group=group,
            scores={trial: _scores_at(of_trial, position) for trial, of_trial in scores.items()},
        )
        for group, positions in _groups(order, samples.scenes, count).items()
        for position in positions
    ]


def _sample_scores(config: ExperimentConfig, tables: Mapping[str, Table], catalog: Catalog) -> SampleScores:
    columns = [assemble.columns(config, task, catalog)[0] for task in config.heads]
    return [
        (column, column.metric.score(torch.tensor(tables[column.key]))) for column in columns if column.key in tables
    ]


def _worst_first(trials: Sequence[SampleScores], samples: int) -> list[int]:
    """Positions of the samples by their mean rank over tasks; samples without any score are left out."""
    by_column: dict[str, list[Tensor]] = {}
    for column, scores in (pair for trial in trials for pair in trial):
        goodness = scores if column.metric.protocol.direction == "higher" else -scores
        by_column.setdefault(column.key, []).append(goodness)
    ranks = [_rank(torch.stack(scores).nanmean(0)) for scores in by_column.values()]
    if not ranks:
        return list(range(samples))
    mean_rank = torch.stack(ranks).nanmean(0)
    return [at for at in mean_rank.argsort(stable=True).tolist() if mean_rank[at] == mean_rank[at]]


def _rank(scores: Tensor) -> Tensor:
    """Ranks from 0 (worst) to 1 (best); equal scores share a rank, NaN has none."""
    known = scores[~scores.isnan()].sort().values
    below = torch.searchsorted(known, scores)
    above = len(known) - torch.searchsorted(known, scores, right=True)
    ranks = ((below - above).double() / len(known) + 1) / 2
    return ranks.where(~scores.isnan(), torch.nan)


def _groups(order: Sequence[int], scenes: Sequence[str], count: int) -> dict[str, list[int]]:
    """`count` positions of each group, of different scenes if there are enough. No position is in two groups."""
    from_middle = [order[n] for n in sorted(range(len(order)), key=lambda n: abs(n - (len(order) - 1) / 2))]
    candidates = {"worst": order, "best": order[::-1], "median": from_middle}
    chosen: dict[str, list[int]] = {}
    taken: set[int] = set()
    for group, ranked in candidates.items():
        free = [at for at in ranked if at not in taken]
        first_of_scene = list({scenes[at]: at for at in reversed(free)}.values())
        others = [at for at in free if at not in first_of_scene]
        chosen[group] = [*sorted(first_of_scene, key=free.index), *others][:count]
        taken.update(chosen[group])
    return {group: chosen[group] for group in GROUPS}


def _scores_at(scores: SampleScores, position: int) -> dict[str, float]:
    return {column.key: float(values[position]) for column, values in scores if not values[position].isnan()}
