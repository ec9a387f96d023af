"""Reads every sample of a data set and says what is wrong with it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from mdf.core.config import Component
from mdf.core.dataset import Dataset, Splits
from mdf.core.errors import DataError
from mdf.core.progress import OnProgress, Stage
from mdf.data.inspect.copies import Copies
from mdf.data.inspect.finding import Finding
from mdf.data.inspect.read_as import read_as
from mdf.data.inspect.values import Values
from mdf.data.open import SPLITS
from mdf.data.scan import Unreadable, read_each
from mdf.registry import Catalog

TOLD_EVERY = 0.2


def check(on_progress: OnProgress, data: Component, plugins: Sequence[str]) -> dict[str, Any]:
    """Read every sample from its files, past the cache; returns the findings, errors first, and counts."""
    on_progress(Stage("opening the data set"))
    catalog = Catalog.discover(plugins)
    dataset: Dataset = catalog.create("dataset", data.name, data.options)
    found: list[Finding] = []
    splits = splits_of(dataset, found)
    cure = "restore what it belongs to, or remove it"
    found.extend(Finding("warning", "unused file", told, cure) for told in dataset.unused_files())
    doubts = dataset.doubts()
    found.extend(Finding(doubt.level, "meaning", doubt.message, doubt.hint) for doubt in doubts)
    explained = {doubt.message for doubt in doubts}
    values, copies, unreadable = Values(dataset), Copies(splits, dataset.synthetic), 0
    started = told = time.monotonic()
    for done, (index, sample) in enumerate(read_each(dataset, range(len(dataset))), start=1):
        if isinstance(sample, Unreadable):
            unreadable += 1
            if sample.reason in explained:
                continue  # what all masks leave open is one finding
            found.append(Finding("error", "unreadable", sample.reason, sample.hint))
        else:
            copies.look(index, sample)
            found += values.look(sample)
        now = time.monotonic()
        if now - told > TOLD_EVERY:
            told = now
            on_progress(Stage(f"reading, {done / (now - started):.0f} samples/s", done, len(dataset)))
    read = len(dataset) - unreadable
    seconds = time.monotonic() - started
    found += [*values.findings(read), *copies.findings()]
    if len(dataset) == 0:
        found.append(Finding("error", "empty", f"data set `{data.name}` has no samples", "check its path and options"))
    found.sort(key=lambda finding: finding.level != "error")
    return {
        "data": data.name,
        "samples": len(dataset),
        "read": read,
        "seconds": seconds,
        "split_by": splits.by if splits else None,
        "backgrounds": len(copies.backgrounds),
        "counts": dict(values.counts),
        "read_as": read_as(dataset),
        "errors": sum(finding.level == "error" for finding in found),
        "warnings": sum(finding.level == "warning" for finding in found),
        "findings": [asdict(finding) for finding in found],
    }


def splits_of(dataset: Dataset, found: list[Finding]) -> Splits | None:
    """The splits; None, and a warning among `found`, where the data set has none."""
    try:
        splits = dataset.splits()
    except DataError as error:
        found.append(Finding("warning", "no splits", error.message, error.hint))
        return None
    empty = (name for name in SPLITS if len(splits.of(name)) == 0)
    cure = "share the samples out anew"
    found.extend(Finding("error", "empty split", f"no sample is in the {name} split", cure) for name in empty)
    return splits
