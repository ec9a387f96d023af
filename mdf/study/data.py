"""Opens a data set as trials read it: through the uint8 cache where reading it is dear."""

from __future__ import annotations

from collections.abc import Callable

from mdf.core.cache import cached
from mdf.core.config import Component
from mdf.core.dataset import Dataset, SplitName
from mdf.core.errors import DataError
from mdf.core.events import Event, Stage
from mdf.registry import Catalog

SPLITS: tuple[SplitName, ...] = ("train", "val", "test")


def open_dataset(component: Component, catalog: Catalog) -> Dataset:
    """The data set itself, its files checked, nothing decoded. Raises DataError where a split is empty."""
    dataset: Dataset = catalog.create("dataset", component.name, component.options)
    splits = dataset.splits()
    empty = [name for name in SPLITS if len(splits.of(name)) == 0]
    if empty:
        raise DataError(
            f"data set `{component.name}` has no sample in its {' and '.join(empty)} split",
            f"it holds {len(dataset)} samples in all; `mdf plugins show dataset {component.name.split(':')[0]}` "
            "lists the options that share them out",
        )
    return dataset


def read_through_cache(dataset: Dataset, component: Component, report: Callable[[Event], None]) -> Dataset:
    """The same data set, decoded once into the cache where it asks for that."""
    if not dataset.cached:
        return dataset
    name = component.name.split(":")[0].replace("/", "-")
    return cached(dataset, name, lambda done, total: report(Stage(f"decoding {name} into the cache", done, total)))
