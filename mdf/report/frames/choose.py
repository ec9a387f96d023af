"""Which test frames a study shows: the worst, the median and the best over all of its configurations; in a worker."""

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
"""The test split among the data sets that were scored."""


def choose(on_progress: OnProgress, folders: Sequence[Path], plugins: Sequence[str], count: int) -> list[Frame]:
    """`count` frames of each group, worst first, of the test split that most of the trials in `folders` share.

    A frame's place is the mean over tasks of its rank by headline score, itself the mean over trials. In a group a
    scene is shown twice only where there are not enough scenes.
    """
    del on_progress
    catalog = Catalog.discover(plugins)
    stored = {folder: read(folder / STATISTICS)[TEST] for folder in folders}
    splits = [found.ids for found in stored.values()]
    ids = max(splits, key=splits.count)
    alike = {folder: found for folder, found in stored.items() if found.ids == ids}
    results = {folder: load(folder) for folder in alike}
    scores = {
        results[folder].id: _per_sample(validate(results[folder].config, str(folder)), found.tables, catalog)
        for folder, found in alike.items()
    }
    sample = next(iter(alike.values()))
    order = _worst_first(list(scores.values()), len(ids))
    return [
        Frame(
            position=at,
            id=ids[at],
            scene=sample.scenes[at],
            tags=tuple(sorted(sample.tags[at])),
            group=group,
            scores={trial: _of_frame(found, at) for trial, found in scores.items()},
        )
        for group, positions in _groups(order, sample.scenes, count).items()
        for at in positions
    ]


def _per_sample(config: ExperimentConfig, tables: Mapping[str, Table], catalog: Catalog) -> list[tuple[Column, Tensor]]:
    """Each headline column's score of every sample: N float64, NaN where nothing was measured."""
    found = []
    for task in config.heads:
        column = assemble.columns(config, task, catalog)[0]
        if column.key in tables:
            found.append((column, column.metric.score(torch.tensor(tables[column.key]))))
    return found


def _worst_first(trials: Sequence[Sequence[tuple[Column, Tensor]]], samples: int) -> list[int]:
    """Positions by their mean rank over tasks; those that no trial has a score for are left out."""
    by_column: dict[str, list[Tensor]] = {}
    for column, scores in (pair for trial in trials for pair in trial):
        better = scores if column.metric.protocol.direction == "higher" else -scores
        by_column.setdefault(column.key, []).append(better)
    ranks = [_rank(torch.stack(scores).nanmean(0)) for scores in by_column.values()]
    if not ranks:
        return list(range(samples))
    place = torch.stack(ranks).nanmean(0)
    return [at for at in place.argsort(stable=True).tolist() if place[at] == place[at]]


def _rank(scores: Tensor) -> Tensor:
    """Rank as a share, 0 the worst and 1 the best; equal scores share one, NaN has none."""
    known = scores[~scores.isnan()].sort().values
    below = torch.searchsorted(known, scores)
    above = len(known) - torch.searchsorted(known, scores, right=True)
    shares = ((below - above).double() / len(known) + 1) / 2
    return shares.where(~scores.isnan(), torch.nan)


def _groups(order: Sequence[int], scenes: Sequence[str], count: int) -> dict[str, list[int]]:
    """`count` positions of each group, of different scenes where there are enough; none is in two groups."""
    middle = [order[n] for n in sorted(range(len(order)), key=lambda n: abs(n - (len(order) - 1) / 2))]
    candidates = {"worst": order, "best": order[::-1], "median": middle}
    rows: dict[str, list[int]] = {}
    taken: set[int] = set()
    for group, ranked in candidates.items():
        free = [at for at in ranked if at not in taken]
        first = list({scenes[at]: at for at in reversed(free)}.values())  # the first of each scene
        rows[group] = [*sorted(first, key=free.index), *(at for at in free if at not in first)][:count]
        taken.update(rows[group])
    return {group: rows[group] for group in GROUPS}


def _of_frame(found: Sequence[tuple[Column, Tensor]], at: int) -> dict[str, float]:
    return {column.key: float(scores[at]) for column, scores in found if scores[at] == scores[at]}
