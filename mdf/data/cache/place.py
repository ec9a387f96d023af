"""Where caches lie, and what they are called."""

from __future__ import annotations

import re
from pathlib import Path

from mdf.core.cache_root import cache_root
from mdf.core.config import Component
from mdf.core.dataset import Dataset


def cache_folder(dataset: Dataset, name: str) -> Path:
    """Where the cache of a data set lies once it is filled."""
    safe = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:60]
    return cache_root() / f"{safe}-{dataset.fingerprint()}"


def cache_name(component: Component) -> str:
    """The name of a data set's cache: that of the data set, without its path."""
    return component.name.split(":")[0].replace("/", "-")
