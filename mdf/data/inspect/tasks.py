"""The tasks of a data set, as the heads on offer know them."""

from __future__ import annotations

from mdf.core.config import Component
from mdf.core.dataset import Dataset
from mdf.core.task import Task
from mdf.registry import Catalog, Offer


def known_tasks(dataset: Dataset, data: Component, catalog: Catalog) -> dict[str, Task]:
    """The tasks of `dataset`, which is `data`, in its order; those that no head on offer knows are left out.

    Raises
        PluginError: the plugin that offers the head fails.
    """
    owner = catalog.find("dataset", data.name).owner
    heads = {name: catalog.head_for(name, owner) for name in dataset.tasks}
    return {name: _task(head, catalog) for name, head in heads.items() if head}


def _task(head: Offer, catalog: Catalog) -> Task:
    return catalog.load("head", head.full_name).Task(catalog.config("head", head.full_name, {}))
