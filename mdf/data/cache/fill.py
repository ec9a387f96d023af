"""Fills a cache, once however many ask, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from mdf.core.dataset import Dataset
from mdf.data.cache.column import Column
from mdf.data.cache.groups import read_groups
from mdf.data.cache.place import FORMAT, is_sound

Progress = Callable[[int, int], None]


def fill_once(folder: Path, dataset: Dataset, progress: Progress | None) -> None:
    """Fill `folder`, unless it is complete already or another process is just filling it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(f"{folder.name}.lock")):
        if is_sound(folder):
            return
        partial = folder.with_name(f"{folder.name}.partial")
        for left in (folder, partial):
            shutil.rmtree(left, ignore_errors=True)
        _remove_abandoned(folder.parent)
        partial.mkdir()
        try:
            _fill(partial, dataset, progress)
            partial.rename(folder)
            _sync_folder(folder.parent)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise


def _remove_abandoned(root: Path) -> None:
    """Remove what killed processes left half filled, of any data set: nobody holds its lock any more."""
    for partial in root.glob("*.partial"):
        with suppress(Timeout), FileLock(partial.with_suffix(".lock"), timeout=0):
            shutil.rmtree(partial, ignore_errors=True)


def _fill(folder: Path, dataset: Dataset, progress: Progress | None) -> None:
    total, done = len(dataset), 0
    columns: dict[str, Column] = {}
    labels: dict[str, list[Any]] = {"ids": [], "scenes": [], "tags": []}
    try:
        for group in read_groups(dataset):
            for name, array in group.arrays.items():
                if name not in columns:
                    columns[name] = Column(folder / f"{name}.npy", total)
                columns[name].append(array)
            for name, found in labels.items():
                found += getattr(group, name)
            done += len(group.ids)
            if progress:
                progress(done, total)
    finally:
        for column in columns.values():
            column.close()
    splits = dataset.splits()
    index = {
        "format": FORMAT,
        "files": {path.name: path.stat().st_size for path in sorted(folder.glob("*.npy"))},
        "size": list(dataset.native_size(0)),
        "tasks": list(dataset.tasks),
        "units": dict(dataset.units),
        "synthetic": dataset.synthetic,
        "fingerprint": dataset.fingerprint(),
        "splits": {name: list(splits.of(name)) for name in ("train", "val", "test")} | {"by": splits.by},
        **labels,
    }
    with (folder / "index.json").open("w", encoding="utf-8") as file:
        json.dump(index, file)
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
