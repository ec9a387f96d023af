"""Where caches lie, and whether one is complete."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from mdf.core.cache_root import cache_root
from mdf.core.config import Component
from mdf.core.dataset import Dataset

FORMAT = 2
"""Raised when the layout of a cache folder changes; folders of another format are rebuilt."""


def cache_folder(dataset: Dataset, name: str) -> Path:
    """Where the cache of a data set lies once it is filled."""
    safe = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:60]
    return cache_root() / f"{safe}-{dataset.fingerprint()}"


def is_sound(folder: Path) -> bool:
    """Whether the folder is a complete cache: its index is readable and every file has its recorded size."""
    try:
        index = json.loads((folder / "index.json").read_text("utf-8"))
        sizes: Mapping[str, int] = index["files"]
        return index["format"] == FORMAT and all((folder / f).stat().st_size == size for f, size in sizes.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def cache_name(component: Component) -> str:
    """What the cache of a data set is called by."""
    return component.name.split(":")[0].replace("/", "-")
