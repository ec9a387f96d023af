"""A look at a data set: some samples with every target, in a worker."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mdf.core.config import Component
from mdf.core.errors import ConfigError, DataError
from mdf.core.progress import OnProgress, Stage, Warned
from mdf.core.sample import Batch
from mdf.core.task import Task
from mdf.data import sheet
from mdf.data.left_out import note_of
from mdf.registry import Catalog, Offer


def show(on_progress: OnProgress, data: Component, plugins: Sequence[str], count: int, path: Path) -> dict[str, Any]:
    """Write the sheet of `count` samples, evenly spread, to `path`; returns its titles and what it shows."""
    catalog = Catalog.discover(plugins)
    dataset = catalog.create("dataset", data.name, data.options)
    on_progress(Stage("reading samples"))
    owner = catalog.find("dataset", data.name).owner
    heads = {name: head_for(name, owner, catalog) for name in dataset.tasks}
    tasks = {name: _task(head, catalog) for name, head in heads.items() if head}
    samples, unreadable = sheet.some_samples(dataset, count)
    if not samples and unreadable:
        raise DataError(unreadable[0].reason, unreadable[0].hint)
    if not samples:
        raise ConfigError(f"data set `{data.name}` is empty", "check its path and options")
    if unreadable:
        on_progress(Warned(f"{note_of(data.name, unreadable)}; `mdf data check` lists all"))
    batch = Batch.stack(samples)
    columns = sheet.truth_columns(batch, tasks)
    sheet.save(path, columns)
    return {
        "columns": list(columns),
        "ids": list(batch.ids),
        "scenes": list(batch.scenes),
        "tags": [sorted(tags) for tags in batch.tags],
        "size": list(batch.size),
        "not_drawn": [name for name in heads if name not in tasks],
    }


def head_for(task: str, owner: str, catalog: Catalog) -> Offer | None:
    """The head that knows `task`: of those made for it the built-in one, the one of `owner`, or the one of its name."""
    suited = [offer for offer in catalog.offers("head") if task in offer.spec.tasks]
    return max(suited, key=lambda o: (o.builtin, o.owner == owner, o.spec.name == task), default=None)


def _task(head: Offer, catalog: Catalog) -> Task:
    task: Task = catalog.load("head", head.full_name).Task(catalog.config("head", head.full_name, {}))
    return task
