"""What a data set holds: counts, sizes, splits, and statistics of its targets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mdf.core.config import Component
from mdf.core.dataset import Dataset, Splits
from mdf.core.errors import DataError
from mdf.core.progress import OnProgress, Stage
from mdf.core.sample import Sample
from mdf.data.cache import CachedDataset, cache_folder, is_sound
from mdf.data.cache.place import cache_name
from mdf.data.inspect.read_as import read_as
from mdf.data.open import SPLITS
from mdf.data.scan import Unreadable, read_each
from mdf.engine.prepare.normalise import count_levels, mean_and_std
from mdf.registry import Catalog

READ, DECODED = 1024, 256
"""Samples of a split that are read at most, evenly spread, from a filled cache (as many training frames as a trial
measures) and from the files themselves."""


def info(on_progress: OnProgress, data: Component, plugins: Sequence[str]) -> dict[str, Any]:
    """What `mdf data info` tells, as plain data. Reads samples evenly spread, through the cache if that is filled."""
    on_progress(Stage("opening the data set"))
    dataset: Dataset = Catalog.discover(plugins).create("dataset", data.name, data.options)
    folder = cache_folder(dataset, cache_name(data))
    filled = is_sound(folder)
    splits, no_splits = _splits(dataset)
    told: dict[str, Any] = {
        "data": data.name,
        "samples": len(dataset),
        "fingerprint": dataset.fingerprint(),
        "tasks": {task: dataset.units.get(task, "") for task in dataset.tasks},
        "sizes": _sizes(dataset),
        "split_by": splits.by if splits else None,
        "no_splits": no_splits,
        "read_as": read_as(dataset),
        "cache": _cache(folder) if filled else None,
        "wants_cache": dataset.cached,
    }
    return told | _read(on_progress, CachedDataset(folder) if filled else dataset, splits, READ if filled else DECODED)


def _splits(dataset: Dataset) -> tuple[Splits | None, str]:
    try:
        return dataset.splits(), ""
    except DataError as error:
        return None, error.message


def _sizes(dataset: Dataset) -> list[dict[str, Any]]:
    """Sizes (height, width), the most frequent first. A sample whose size cannot be read is not counted."""
    found: Counter[tuple[int, int]] = Counter()
    for index in range(len(dataset)):
        try:
            found[dataset.native_size(index)] += 1
        except DataError:
            continue
    return [{"height": h, "width": w, "samples": n} for (h, w), n in found.most_common()]


def _cache(folder: Path) -> dict[str, Any]:
    return {"folder": str(folder), "bytes": sum(path.stat().st_size for path in folder.iterdir())}


def _read(on_progress: OnProgress, dataset: Dataset, splits: Splits | None, most: int) -> dict[str, Any]:
    """Statistics of samples, evenly spread."""
    chosen = _spread(range(len(dataset)), most)
    split_of = {i: name for name in SPLITS for i in splits.of(name)} if splits else {}
    if splits:
        # the training frames that a trial measures, so that the numbers are its own
        others = [i for i in chosen if split_of.get(i) != "train"]
        chosen = sorted({*_spread(splits.train, most), *others})
    seen = _Seen()
    for done, (index, sample) in enumerate(read_each(dataset, chosen), start=1):
        if done % 32 == 0:
            on_progress(Stage("reading samples", done, len(chosen)))
        seen.take(sample, split_of.get(index, ""))
    return {
        "read": seen.read,
        "unreadable": seen.unreadable,
        "splits": {name: {"samples": len(splits.of(name)), "scenes": len(seen.scenes.get(name, ()))} for name in SPLITS}
        if splits
        else {},
        "scenes": len(set().union(*seen.scenes.values())) if seen.scenes else 0,
        "tags": dict(sorted(seen.tags.items())),
        "targets": {task: _summary(task, rows) for task, rows in seen.targets.items()},
        "normalisation": _normalisation(seen.levels),
    }


def _spread(indices: Sequence[int], most: int) -> list[int]:
    return [indices[i] for i in range(0, len(indices), max(1, -(-len(indices) // most)))]


class _Seen:
    """What has been read so far, reduced to numbers."""

    def __init__(self) -> None:
        self.read = self.unreadable = 0
        self.scenes: dict[str, set[str]] = {}
        self.tags: Counter[str] = Counter()
        self.targets: dict[str, list[dict[str, float]]] = {}
        self.levels: Tensor | None = None

    def take(self, sample: Sample | Unreadable, split: str) -> None:
        """One sample more; only training frames count for the normalisation."""
        if isinstance(sample, Unreadable):
            self.unreadable += 1
            return
        self.read += 1
        self.scenes.setdefault(split, set()).add(sample.scene)
        self.tags.update(sample.tags)
        for task, target in sample.targets.items():
            self.targets.setdefault(task, []).append(_measured(task, target, sample.valid[task]))
        if split == "train":
            levels = count_levels(sample.fg_bg[None])
            self.levels = levels if self.levels is None else self.levels + levels


def _measured(task: str, target: Tensor, valid: Tensor) -> dict[str, float]:
    known = target[valid.expand_as(target)].float()
    row = {"valid": float(valid.float().mean())}
    if known.numel() == 0:
        return row
    if task == "mask":
        return row | {"foreground": float((known == 1).float().mean())}
    return row | {"least": float(known.min()), "largest": float(known.max()), "median": float(known.median())}


def _summary(task: str, rows: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """The statistics of one task over samples; a median is of the samples' values."""
    known = [row for row in rows if len(row) > 1]
    summary: dict[str, Any] = {
        "valid_share": sum(row["valid"] for row in rows) / len(rows),
        "without_valid": len(rows) - len(known),
    }
    if not known:
        return summary
    if task == "mask":
        shares = torch.tensor([row["foreground"] for row in known], dtype=torch.float64)
        share = {"min": float(shares.min()), "median": float(shares.median()), "max": float(shares.max())}
        return summary | {"foreground_share": share, "empty": int((shares == 0).sum())}
    median = float(torch.tensor([row["median"] for row in known], dtype=torch.float64).median())
    low, high = min(row["least"] for row in known), max(row["largest"] for row in known)
    return summary | {"range": {"min": low, "median": median, "max": high}}


def _normalisation(levels: Tensor | None) -> dict[str, list[float]] | None:
    if levels is None:
        return None
    mean, std = mean_and_std(levels)
    return {"mean": mean, "std": std}
