"""A look at a data set: some samples with every target, in a worker."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mdf.core.config import Component
from mdf.core.errors import ConfigError
from mdf.core.events import Stage
from mdf.core.task import Task
from mdf.registry import Catalog
from mdf.study import gallery
from mdf.study.worker import Report


def show(report: Report, data: Component, plugins: Sequence[str], count: int, path: Path) -> dict[str, Any]:
    """Write the sheet of `count` samples, evenly spread, to `path`; returns its titles and what it shows."""
    catalog = Catalog.discover(plugins)
    dataset = catalog.create("dataset", data.name, data.options)
    report(Stage("reading samples"))
    tasks: dict[str, Task] = {}
    for name in dataset.tasks:
        task_class = catalog.load("head", name).Task
        tasks[name] = task_class(catalog.config("head", name, {}))
    indices = gallery.sample_indices(dataset, count)
    if not indices:
        raise ConfigError(f"data set `{data.name}` is empty", "check its path and options")
    batch = dataset.read(indices)
    columns = gallery.truth_columns(batch, tasks)
    gallery.save(path, columns)
    return {
        "columns": list(columns),
        "ids": list(batch.ids),
        "scenes": list(batch.scenes),
        "tags": [sorted(tags) for tags in batch.tags],
        "size": list(batch.size),
    }
