"""Fills a cache: once, however many processes ask for it, and completely or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from mdf.core.dataset import Dataset
from mdf.data.cache.column import Column
from mdf.data.cache.exchange import fetch, share
from mdf.data.cache.groups import read_groups
from mdf.data.cache.index import Index, is_sound

Progress = Callable[[int, int], None]


def fill_once(folder: Path, dataset: Dataset, progress: Progress | None) -> None:
    """Fill `folder`, unless it is complete already. Waits for another process of this machine that is filling it.

    If this process has a shared place, one that another machine has put there is copied; else this one is put there.
    """
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
            if not fetch(partial, folder.name):
                _fill(partial, dataset, progress)
            partial.rename(folder)
            _sync_folder(folder.parent)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        share(folder)


def _remove_abandoned(root: Path) -> None:
    """Remove the unfinished folders that killed processes left behind; no process holds their locks any more."""
    for partial in root.glob("*.partial"):
        with suppress(Timeout), FileLock(partial.with_suffix(".lock"), timeout=0):
            shutil.rmtree(partial, ignore_errors=True)


def _fill(folder: Path, dataset: Dataset, progress: Progress | None) -> None:
    total = len(dataset)
    columns: dict[str, Column] = {}
    ids: list[str] = []
    scenes: list[str] = []
    tags: list[list[str]] = []
    dtypes: list[str] = []
    try:
        for group in read_groups(dataset):
            for name, array in group.arrays.items():
                if name not in columns:
                    columns[name] = Column(folder / f"{name}.npy", total, _what(name, dataset))
                columns[name].append(array)
            dtypes = group.dtypes
            ids += group.ids
            scenes += group.scenes
            tags += group.tags
            if progress:
                progress(len(ids), total)
    finally:
        for column in columns.values():
            column.close()
    height, width = dataset.native_size(0)
    index = Index(
        files={path.name: path.stat().st_size for path in sorted(folder.glob("*.npy"))},
        size=(height, width),
        tasks=list(dataset.tasks),
        dtypes=dtypes,
        knows=list(dataset.knows),
        units=dict(dataset.units),
        synthetic=dataset.synthetic,
        fingerprint=dataset.fingerprint(),
        split_by=dataset.splits().by,
        splits={name: list(dataset.splits().of(name)) for name in ("train", "val", "test")},
        ids=ids,
        scenes=scenes,
        tags=tags,
    )
    index.write(folder)
    _sync_folder(folder)


def _what(name: str, dataset: Dataset) -> str:
    """An array's file name as messages say it."""
    kind, _, number = name.partition("-")
    if not number:
        return f"the image `{name}`"
    if kind == "known":
        return f"the `{dataset.knows[int(number)]}`"
    return f"the {'target' if kind == 'target' else 'validity'} of `{dataset.tasks[int(number)]}`"


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
