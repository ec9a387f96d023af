"""What a data set holds: counts, sizes, splits, and statistics of its targets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from torch import Tensor

from mdf.core.config import Component
from mdf.core.dataset import Dataset, Splits
from mdf.core.errors import DataError
from mdf.core.progress import OnProgress, Stage
from mdf.core.sample import Sample
from mdf.core.summary import TargetSummary, value_summary
from mdf.core.task import Task
from mdf.data.cache import CachedDataset, cache_folder, is_sound
from mdf.data.cache.place import cache_name
from mdf.data.inspect.read_as import read_as
from mdf.data.inspect.results import (
    CacheFolder,
    DataInfo,
    Normalisation,
    Range,
    SizeCount,
    SplitCount,
    TargetStatistics,
)
from mdf.data.inspect.tasks import known_tasks
from mdf.data.open import SPLITS
from mdf.data.scan import Unreadable, read_each
from mdf.engine.prepare.normalise import count_levels, mean_and_std
from mdf.registry import Catalog

FROM_CACHE, FROM_FILES = 1024, 256
"""Samples of a split that are read at most, evenly spread: from a filled cache (as many training frames as a trial
measures), and from the files themselves."""


def info(on_progress: OnProgress, data: Component, plugins: Sequence[str]) -> DataInfo:
    """Read samples, evenly spread over the set, from the cache where that is filled, and sum up what they hold.

    Raises
        DataError: the data set refuses to be opened.
        PluginError: a plugin that it needs fails.
    """
    on_progress(Stage("opening the data set"))
    catalog = Catalog.discover(plugins)
    dataset: Dataset = catalog.create("dataset", data.name, data.options)
    folder = cache_folder(dataset, cache_name(data))
    filled = is_sound(folder)
    splits, no_splits = _splits(dataset)
    statistics = _Statistics(known_tasks(dataset, data, catalog))
    split_of = {i: name for name in SPLITS for i in splits.of(name)} if splits else {}
    chosen = _chosen(len(dataset), splits, FROM_CACHE if filled else FROM_FILES)
    for done, (index, sample) in enumerate(read_each(CachedDataset(folder) if filled else dataset, chosen), start=1):
        if done % 32 == 0:
            on_progress(Stage("reading samples", done, len(chosen)))
        statistics.add(sample, split_of.get(index, ""))
    scenes = statistics.scenes
    return DataInfo(
        data=data.name,
        samples=len(dataset),
        read=statistics.read,
        unreadable=statistics.unreadable,
        fingerprint=dataset.fingerprint(),
        tasks={task: dataset.units.get(task, "") for task in dataset.tasks},
        sizes=_sizes(dataset),
        split_by=splits.by if splits else None,
        no_splits=no_splits,
        read_as=read_as(dataset),
        splits={n: SplitCount(len(splits.of(n)), len(scenes.get(n, ()))) for n in SPLITS} if splits else {},
        scenes=len(set().union(*scenes.values())),
        tags=dict(sorted(statistics.tags.items())),
        targets=statistics.targets(dataset.units),
        normalisation=statistics.normalisation(),
        cache=_cache(folder) if filled else None,
        wants_cache=dataset.cached,
    )


def _splits(dataset: Dataset) -> tuple[Splits | None, str]:
    """The splits, or why there are none."""
    try:
        return dataset.splits(), ""
    except DataError as error:
        return None, error.message


def _sizes(dataset: Dataset) -> tuple[SizeCount, ...]:
    counts: Counter[tuple[int, int]] = Counter()
    for index in range(len(dataset)):
        try:
            counts[dataset.native_size(index)] += 1
        except DataError:
            continue
    return tuple(SizeCount(height, width, n) for (height, width), n in counts.most_common())


def _cache(folder: Path) -> CacheFolder:
    return CacheFolder(str(folder), sum(path.stat().st_size for path in folder.iterdir()))


def _chosen(samples: int, splits: Splits | None, most: int) -> list[int]:
    """Samples of the whole set; of its training split those that a trial measures, so that the numbers are its own."""
    spread = _spread(range(samples), most)
    if splits is None:
        return spread
    train = set(splits.train)
    return sorted({*_spread(splits.train, most), *(i for i in spread if i not in train)})


def _spread(indices: Sequence[int], most: int) -> list[int]:
    return [indices[i] for i in range(0, len(indices), max(1, -(-len(indices) // most)))]


class _Statistics:
    """What the samples read so far hold, reduced to numbers."""

    def __init__(self, tasks: Mapping[str, Task]) -> None:
        self.tasks = tasks
        self.read = self.unreadable = 0
        self.scenes: dict[str, set[str]] = {}
        self.tags: Counter[str] = Counter()
        self.valid_shares: dict[str, list[float]] = {}
        self.summaries: dict[str, list[TargetSummary]] = {}
        self.levels: Tensor | None = None

    def add(self, sample: Sample | Unreadable, split: str) -> None:
        """One more sample; only training frames count for the normalisation."""
        if isinstance(sample, Unreadable):
            self.unreadable += 1
            return
        self.read += 1
        self.scenes.setdefault(split, set()).add(sample.scene)
        self.tags.update(sample.tags)
        for name, target in sample.targets.items():
            valid = sample.valid[name]
            self.valid_shares.setdefault(name, []).append(float(valid.float().mean()))
            values = target[:, valid[0]]
            summaries = self.summaries.setdefault(name, [])
            if values.numel():
                task = self.tasks.get(name)
                summaries.append(task.summarise(values) if task else value_summary(values))
        if split == "train":
            levels = count_levels(sample.fg_bg[None])
            self.levels = levels if self.levels is None else self.levels + levels

    def targets(self, units: Mapping[str, str]) -> dict[str, TargetStatistics]:
        """By task; the median is that of the samples' medians."""
        return {
            task: _target_statistics(shares, self.summaries[task], units.get(task, ""))
            for task, shares in self.valid_shares.items()
        }

    def normalisation(self) -> Normalisation | None:
        """Mean and deviation of the training frames; None where none was read."""
        if self.levels is None:
            return None
        mean, std = mean_and_std(self.levels)
        return Normalisation(tuple(mean), tuple(std))


def _target_statistics(shares: Sequence[float], summaries: Sequence[TargetSummary], unit: str) -> TargetStatistics:
    measures = summaries[0].measures if summaries else ""
    return TargetStatistics(
        valid_share=sum(shares) / len(shares),
        without_valid=len(shares) - len(summaries),
        empty=sum(summary.empty for summary in summaries),
        measures=measures,
        unit=summaries[0].unit if measures else unit,
        range=Range(
            min(summary.low for summary in summaries),
            median(summary.median for summary in summaries),
            max(summary.high for summary in summaries),
        )
        if summaries
        else None,
    )
