"""Reads every sample of a data set and says what is wrong with it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from mdf.core.config import Component
from mdf.core.dataset import Dataset, Splits
from mdf.core.errors import DataError
from mdf.core.progress import OnProgress, Stage
from mdf.data.inspect.duplicates import Duplicates
from mdf.data.inspect.read_as import read_as
from mdf.data.inspect.results import DataCheck, Finding
from mdf.data.inspect.tasks import known_tasks
from mdf.data.inspect.values import TargetCheck
from mdf.data.open import SPLITS
from mdf.data.scan import Unreadable, read_each
from mdf.registry import Catalog

PROGRESS_EVERY = 0.2
"""Seconds between two reports of progress."""


def check(on_progress: OnProgress, data: Component, plugins: Sequence[str]) -> DataCheck:
    """Read every sample from its files, never from the cache, and collect what is wrong.

    Raises
        DataError: the data set refuses to be opened.
        PluginError: a plugin that it needs fails.
    """
    on_progress(Stage("opening the data set"))
    catalog = Catalog.discover(plugins)
    dataset: Dataset = catalog.create("dataset", data.name, data.options)
    splits, findings = _check_splits(dataset)
    cure = "restore what it belongs to, or remove it"
    findings += [Finding("warning", "unused file", sentence, cure) for sentence in dataset.unused_files()]
    doubts = dataset.doubts()
    findings += [Finding(doubt.level, "meaning", doubt.message, doubt.hint) for doubt in doubts]
    explained = {doubt.message for doubt in doubts}
    targets = TargetCheck(known_tasks(dataset, data, catalog), dataset.units)
    duplicates = Duplicates(splits, dataset.synthetic)
    unreadable = 0
    started = reported = time.monotonic()
    for done, (index, sample) in enumerate(read_each(dataset, range(len(dataset))), start=1):
        if isinstance(sample, Unreadable):
            unreadable += 1
            if sample.reason not in explained:  # what all files leave open is one finding
                findings.append(Finding("error", "unreadable", sample.reason, sample.hint))
        else:
            duplicates.add(index, sample)
            findings += targets.check(sample)
        now = time.monotonic()
        if now - reported > PROGRESS_EVERY:
            reported = now
            on_progress(Stage(f"reading, {done / (now - started):.0f} samples/s", done, len(dataset)))
    read = len(dataset) - unreadable
    seconds = time.monotonic() - started
    findings += [*targets.findings(read), *duplicates.findings()]
    if len(dataset) == 0:
        empty = f"data set `{data.name}` has no samples"
        findings.append(Finding("error", "empty", empty, "check its path and options"))
    return DataCheck(
        data=data.name,
        samples=len(dataset),
        read=read,
        seconds=seconds,
        split_by=splits.by if splits else None,
        backgrounds=len(duplicates.backgrounds),
        empty=dict(targets.empty),
        without_valid={task: len(ids) for task, ids in targets.without_valid.items()},
        read_as=read_as(dataset),
        errors=sum(finding.level == "error" for finding in findings),
        warnings=sum(finding.level == "warning" for finding in findings),
        findings=tuple(sorted(findings, key=lambda finding: finding.level != "error")),
    )


def _check_splits(dataset: Dataset) -> tuple[Splits | None, list[Finding]]:
    """The splits, and an error for each empty one; None and a warning where the data set has none."""
    try:
        splits = dataset.splits()
    except DataError as error:
        return None, [Finding("warning", "no splits", error.message, error.hint)]
    empty = [name for name in SPLITS if len(splits.of(name)) == 0]
    cure = "split the samples again"
    return splits, [Finding("error", "empty split", f"no sample is in the {name} split", cure) for name in empty]
