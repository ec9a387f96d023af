"""Draws some samples of a data set with every target, in a worker."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mdf.core.config import Component
from mdf.core.dataset import Dataset
from mdf.core.errors import ConfigError, DataError
from mdf.core.progress import OnProgress, Stage, Warned
from mdf.core.sample import Batch
from mdf.data.inspect.results import DataPicture, ShownSample
from mdf.data.inspect.tasks import known_tasks
from mdf.data.pictures import sheet
from mdf.data.skipped import skipped_note
from mdf.registry import Catalog


def show(on_progress: OnProgress, data: Component, plugins: Sequence[str], count: int, path: Path) -> DataPicture:
    """Write the sheet of `count` samples, evenly spread, to `path`; returns what it shows.

    Samples that cannot be read are left out, with a warning.

    Raises
        DataError: no sample can be read.
        ConfigError: there is no sample.
    """
    catalog = Catalog.discover(plugins)
    dataset: Dataset = catalog.create("dataset", data.name, data.options)
    on_progress(Stage("reading samples"))
    tasks = known_tasks(dataset, data, catalog)
    samples, unreadable = sheet.some_samples(dataset, count)
    if not samples and unreadable:
        raise DataError(unreadable[0].reason, unreadable[0].hint)
    if not samples:
        raise ConfigError(f"data set `{data.name}` is empty", "check its path and options")
    if unreadable:
        on_progress(Warned(f"{skipped_note(data.name, unreadable)}; `mdf data check` lists all"))
    batch = Batch.stack(samples)
    columns = sheet.truth_columns(batch, tasks)
    sheet.save(path, columns)
    return DataPicture(
        columns=tuple(columns),
        size=batch.size,
        samples=tuple(ShownSample(s.id, s.scene, tuple(sorted(s.tags))) for s in samples),
        not_drawn=tuple(name for name in dataset.tasks if name not in tasks),
    )
