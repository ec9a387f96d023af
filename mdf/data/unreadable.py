"""Finds samples that cannot be read before anything is trained; they are an error, or skipped where that is asked for.

The result is stored beside the caches under the data set's fingerprint, so that every sample is read only once for it.
The backgrounds seen on the way are stored too: the check for leaks needs them next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from itertools import chain
from pathlib import Path

from mdf.core.dataset import Dataset
from mdf.core.errors import DataError, MdfError
from mdf.core.files import read_json, write_json
from mdf.core.progress import OnProgress, Stage
from mdf.data.backgrounds.scenes import BackgroundCollector, store_backgrounds
from mdf.data.cache import cache_folder, is_sound
from mdf.data.hopeless import LabelValues
from mdf.data.scan import Unreadable, read_each, unsized
from mdf.data.wrappers import Subset

FORMAT = 2


def without_unreadable(dataset: Dataset, name: str, on_progress: OnProgress) -> tuple[Dataset, list[Unreadable]]:
    """The data set without the samples that cannot be read, and those samples; `name` is that of its cache."""
    unreadable = _load(dataset, name)
    if unreadable is None:
        backgrounds, labels = BackgroundCollector(), LabelValues()
        unreadable = list(_search(dataset, range(len(dataset)), on_progress, backgrounds, labels))
        _store(dataset, name, unreadable, backgrounds, labels)
    if not unreadable:
        return dataset, []
    skipped = {sample.index for sample in unreadable}
    return Subset(dataset, [i for i in range(len(dataset)) if i not in skipped]), unreadable


def check_readable(dataset: Dataset, name: str, on_progress: OnProgress) -> None:
    """Read the data set's probe indices once; `name` is that of its cache.

    Raises
        DataError: the first sample that cannot be read.
    """
    if _load(dataset, name) == []:
        return
    backgrounds, labels = BackgroundCollector(), LabelValues()
    probed = _search(dataset, dataset.probe_indices(), on_progress, backgrounds, labels)
    first = next(chain(unsized(dataset), probed), None)
    if first is not None:
        raise DataError(
            first.reason,
            f"{first.hint.rstrip('.')}; `mdf data check` finds all such samples of `{name}`; "
            "`--skip-bad` goes on without them",
        )
    _store(dataset, name, [], backgrounds, labels)


def stored_labels(dataset: Dataset, name: str) -> dict[str, set[int]]:
    """The values that a search has seen of each label, by task; empty if there was no search."""
    try:
        stored = read_json(_file(dataset, name))["labels"]
        return {str(task): {int(value) for value in values} for task, values in stored.items()}
    except (MdfError, KeyError, TypeError, ValueError, AttributeError):
        return {}


def _search(
    dataset: Dataset,
    indices: Sequence[int],
    on_progress: OnProgress,
    backgrounds: BackgroundCollector,
    labels: LabelValues,
) -> Iterator[Unreadable]:
    total = len(indices)
    for done, (index, sample) in enumerate(read_each(dataset, indices), start=1):
        backgrounds.add(index, sample)
        labels.add(sample)
        if isinstance(sample, Unreadable):
            yield sample
        if done % 16 == 0 or done == total:
            on_progress(Stage("reading every sample once", done, total))


def _load(dataset: Dataset, name: str) -> list[Unreadable] | None:
    """The stored result of an earlier search; None where there is none, or a sample of it can be read by now."""
    if is_sound(cache_folder(dataset, name)):
        return []
    try:
        stored = read_json(_file(dataset, name))
        unreadable = [Unreadable(**sample) for sample in stored["unreadable"]]
        if stored["format"] != FORMAT or stored["samples"] != len(dataset):
            return None
    except (MdfError, KeyError, TypeError):
        return None
    again = [sample for _, sample in read_each(dataset, [sample.index for sample in unreadable])]
    return None if any(not isinstance(sample, Unreadable) for sample in again) else unreadable


def _store(
    dataset: Dataset,
    name: str,
    unreadable: Sequence[Unreadable],
    backgrounds: BackgroundCollector,
    labels: LabelValues,
) -> None:
    """A full disk is no error: what is stored only saves time."""
    store_backgrounds(backgrounds.result(), dataset, name)
    table = {
        "format": FORMAT,
        "samples": len(dataset),
        "labels": {task: sorted(values) for task, values in labels.seen.items()},
        "unreadable": [asdict(sample) for sample in unreadable],
    }
    with suppress(MdfError):
        write_json(_file(dataset, name), table)


def _file(dataset: Dataset, name: str) -> Path:
    folder = cache_folder(dataset, name)
    return folder.with_name(f"{folder.name}.samples.json")
