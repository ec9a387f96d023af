"""The cache: a data set decoded once into plain arrays on disk, read back through shared memory maps.

What is stored, one `.npy` file each, samples first:

* images and every uint8 target as uint8, every other target in its own dtype, validity as bool: without loss;
* `depth` as float16 while every valid value is 0 or within 2⁻¹⁴…65504, where rounding to nearest changes it by at
  most 2⁻¹¹ of itself (0.049 %); as float32, without loss, as soon as one value is outside. Invalid depths become 0;
* `index.json`: ids, scenes, tags, splits, tasks, units, and the size of each file.

A folder appears under its name only when it is complete: it is written beside it, synced and renamed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from filelock import FileLock, Timeout
from numpy.typing import NDArray
from platformdirs import user_cache_path
from torch import Tensor

from mdf.core.dataset import Dataset, Splits
from mdf.core.errors import DataError
from mdf.core.sample import Batch

FORMAT = 1
"""Raised when the layout of a cache folder changes; folders of another format are rebuilt."""

HALF_SMALLEST, HALF_LARGEST = 2.0**-14, 65504.0
"""Within them float16 has its full 11 significant bits."""

Progress = Callable[[int, int], None]
Array = NDArray[Any]


def cache_root() -> Path:
    """Where caches live: the environment variable `MDF_CACHE`, else the user's cache folder."""
    named = os.environ.get("MDF_CACHE")
    return Path(named).expanduser() if named else user_cache_path("mdf")


def cached(dataset: Dataset, name: str, progress: Progress | None = None) -> Dataset:
    """The same samples, read from `<cache root>/<name>-<fingerprint>/`, which is filled first where needed.

    A set whose samples differ in size is returned as it is, and read directly. `progress(done, total)` is
    called while filling. Of several processes that ask at once one fills and the others wait.

    Raises:
        DataError: the cache folder cannot be written (full disk, read-only folder).
    """
    if len(dataset) == 0 or len({dataset.native_size(index) for index in range(len(dataset))}) != 1:
        return dataset
    folder = cache_folder(dataset, name)
    if not is_sound(folder):
        try:
            _fill_once(folder, dataset, progress)
        except OSError as error:
            raise DataError(
                f"the cache {folder} cannot be written: {error.strerror or error}",
                "free some space, or set MDF_CACHE to a folder on a disk that has it and may be written",
            ) from error
    return CachedDataset(folder)


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


def _fill_once(folder: Path, dataset: Dataset, progress: Progress | None) -> None:
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
    total = len(dataset)
    height, width = dataset.native_size(0)
    step = max(1, min(128, 2**26 // (16 * height * width)))
    columns: dict[str, _Column] = {}
    labels: dict[str, list[Any]] = {"ids": [], "scenes": [], "tags": []}
    try:
        for first in range(0, total, step):
            batch = dataset.read(range(first, min(first + step, total)))
            for name, tensor in _tensors(batch, dataset.tasks).items():
                if name not in columns:
                    columns[name] = _Column(folder / f"{name}.npy", total)
                columns[name].append(tensor)
            labels["ids"] += batch.ids
            labels["scenes"] += batch.scenes
            labels["tags"] += [sorted(tags) for tags in batch.tags] or [[] for _ in batch.ids]
            if progress:
                progress(min(first + step, total), total)
    finally:
        for column in columns.values():
            column.close()
    splits = dataset.splits()
    index = {
        "format": FORMAT,
        "files": {path.name: path.stat().st_size for path in sorted(folder.glob("*.npy"))},
        "size": [height, width],
        "tasks": list(dataset.tasks),
        "units": dict(dataset.units),
        "fingerprint": dataset.fingerprint(),
        "splits": {name: list(splits.of(name)) for name in ("train", "val", "test")} | {"by": splits.by},
        **labels,
    }
    with (folder / "index.json").open("w", encoding="utf-8") as file:
        json.dump(index, file)
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(folder)


def _tensors(batch: Batch, tasks: Sequence[str]) -> dict[str, Tensor]:
    """A batch's tensors by the name of their file; tasks go by number, so that no name reaches the disk."""
    tensors = {"bg": batch.bg, "fg_bg": batch.fg_bg}
    for number, task in enumerate(tasks):
        target, valid = batch.targets[task], batch.valid[task]
        tensors[f"target-{number}"] = _halved(target.where(valid, 0)) if task == "depth" else target
        tensors[f"valid-{number}"] = valid
    return tensors


def _halved(depth: Tensor) -> Tensor:
    """Depth as float16 where that keeps 11 significant bits of every value, else as it is."""
    magnitude = depth.abs()
    fits = (magnitude == 0) | ((magnitude >= HALF_SMALLEST) & (magnitude <= HALF_LARGEST))
    return depth.half() if bool(fits.all()) else depth


class _Column:
    """One `.npy` file, written sample after sample: a full disk is then an error, not a dead process."""

    def __init__(self, path: Path, total: int) -> None:
        self.path, self.total = path, total
        self.dtype: np.dtype[Any] | None = None
        self.file: BinaryIO | None = None

    def append(self, tensor: Tensor) -> None:
        array = tensor.contiguous().numpy()
        if self.file is None or self.dtype is None:
            self._start(array.dtype, array.shape[1:])
        elif array.dtype != self.dtype:
            wider = np.promote_types(array.dtype, self.dtype)
            if wider != self.dtype:
                self._widen(wider, array.shape[1:])
            array = array.astype(wider)
        assert self.file is not None
        self.file.write(array.data)

    def _start(self, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
        self.dtype, self.file = dtype, self.path.open("wb")
        header = {"descr": dtype.str, "fortran_order": False, "shape": (self.total, *shape)}
        np.lib.format.write_array_header_1_0(self.file, header)

    def _widen(self, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
        """Start again in a wider dtype with what has been written so far."""
        self.close()
        narrow = self.path.rename(self.path.with_suffix(".narrow"))
        with narrow.open("rb") as old:
            np.lib.format.read_magic(old)
            np.lib.format.read_array_header_1_0(old)
            before = self.dtype
            self._start(dtype, shape)
            assert self.file is not None
            assert before is not None
            while block := old.read(2**24):
                self.file.write(np.frombuffer(block, before).astype(dtype).data)
        narrow.unlink()

    def close(self) -> None:
        if self.file is not None:
            with self.file:
                self.file.flush()
                os.fsync(self.file.fileno())
            self.file = None


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@dataclass(frozen=True)
class _Index:
    """What is known of the samples besides their arrays."""

    size: tuple[int, int]
    ids: tuple[str, ...]
    scenes: tuple[str, ...]
    tags: tuple[frozenset[str], ...]
    splits: Splits
    fingerprint: str


class CachedDataset(Dataset):
    """A filled cache folder as a data set. Cheap to pickle into workers, which share its pages in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        stored = json.loads((folder / "index.json").read_text("utf-8"))
        self.tasks = tuple(stored["tasks"])
        self.units = stored["units"]
        splits = stored["splits"]
        train, val, test = (_as_range(splits[name]) for name in ("train", "val", "test"))
        self._index = _Index(
            size=(stored["size"][0], stored["size"][1]),
            ids=tuple(stored["ids"]),
            scenes=tuple(stored["scenes"]),
            tags=tuple(frozenset(tags) for tags in stored["tags"]),
            splits=Splits(train, val, test, by=splits["by"]),
            fingerprint=stored["fingerprint"],
        )
        self._arrays: dict[str, Array] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {"folder": self.folder}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["folder"])  # type: ignore[misc]

    def __len__(self) -> int:
        return len(self._index.ids)

    @property
    def scenes(self) -> tuple[str, ...]:
        """The scene of each sample; no image is read."""
        return self._index.scenes

    def native_size(self, index: int) -> tuple[int, int]:  # noqa: ARG002
        return self._index.size

    def splits(self) -> Splits:
        return self._index.splits

    def fingerprint(self) -> str:
        return self._index.fingerprint

    def read(self, indices: Sequence[int]) -> Batch:
        chosen = np.fromiter(indices, np.int64, len(indices))
        targets = {task: self._gather(f"target-{n}", chosen) for n, task in enumerate(self.tasks)}
        if "depth" in targets:
            targets["depth"] = targets["depth"].float()
        known = self._index
        return Batch(
            ids=tuple(known.ids[i] for i in chosen),
            scenes=tuple(known.scenes[i] for i in chosen),
            bg=self._gather("bg", chosen),
            fg_bg=self._gather("fg_bg", chosen),
            targets=targets,
            valid={task: self._gather(f"valid-{n}", chosen) for n, task in enumerate(self.tasks)},
            tags=tuple(known.tags[i] for i in chosen),
        )

    def _gather(self, name: str, chosen: NDArray[np.int64]) -> Tensor:
        """The chosen samples of one array, in one copy out of the memory map."""
        if name not in self._arrays:
            self._arrays[name] = np.asarray(np.load(self.folder / f"{name}.npy", mmap_mode="r", allow_pickle=False))
        return torch.from_numpy(np.take(self._arrays[name], chosen, axis=0))


def _as_range(indices: list[int]) -> Sequence[int]:
    """A list that counts up by one as a range, others as they are."""
    even = all(b - a == 1 for a, b in pairwise(indices))
    return range(indices[0], indices[-1] + 1) if indices and even else indices
