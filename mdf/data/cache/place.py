"""Where caches lie, and what they are called."""

from __future__ import annotations

import os
import re
from pathlib import Path

from platformdirs import user_cache_path

from mdf.core.config import Component
from mdf.core.dataset import Dataset


def cache_root() -> Path:
    """Where caches live: the environment variable `MDF_CACHE`, else the user's cache folder."""
    named = os.environ.get("MDF_CACHE")
    return Path(named).expanduser() if named else user_cache_path("mdf")


def cache_folder(dataset: Dataset, name: str) -> Path:
    """Where the cache of a data set lies once it is filled."""
    safe = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:60]
    return cache_root() / f"{safe}-{dataset.fingerprint()}"


def cache_name(component: Component) -> str:
    """The name of a data set's cache: that of the data set, without its path."""
    return component.name.split(":")[0].replace("/", "-")
