"""The cache: a data set decoded once into plain arrays on disk, read back through shared memory maps.

What is stored, one `.npy` file each, samples first:

* images as uint8, every target in its own dtype, validity as bool. Nothing is rounded: a sample read from the cache
  is the data set's own, bit for bit, so no result depends on whether a set is cached;
* what the data set knows of its empty scenes (`Dataset.known`), as float32;
* `index.json`: ids, scenes, tags, splits, tasks, dtypes, units, and the size of each file.

A folder appears under its name only when it is complete: it is written beside it, synced and renamed.
"""

from __future__ import annotations

from mdf.core.cache_root import cache_root
from mdf.core.dataset import Dataset
from mdf.core.errors import DataError
from mdf.data.cache.fill import Progress, fill_once
from mdf.data.cache.index import is_sound
from mdf.data.cache.place import cache_folder
from mdf.data.cache.stored import CachedDataset

__all__ = ["CachedDataset", "cache_folder", "cache_root", "cached", "is_sound"]


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
            fill_once(folder, dataset, progress)
        except OSError as error:
            raise DataError(
                f"the cache {folder} cannot be written: {error.strerror or error}",
                "free some space, or set MDF_CACHE to a folder on a disk that has it and may be written",
            ) from error
    return CachedDataset(folder, dataset if dataset.knows else None)
