"""Samples that cannot be read: found before anything is trained, and left out where that is asked for.

What was found is kept beside the caches under the data set's fingerprint, so that every sample is read once for it;
and so are the places that were seen on the way, which the leak audit asks for next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from itertools import chain
from pathlib import Path

from mdf.core.dataset import Dataset
from mdf.core.errors import DataError, MdfError
from mdf.core.files import read_json, write_json
from mdf.core.progress import OnProgress, Stage
from mdf.data.backgrounds import Look, keep
from mdf.data.cache import cache_folder, is_sound
from mdf.data.hopeless import MaskValues
from mdf.data.scan import Unreadable, read_each, unsized
from mdf.data.wrappers import Subset

FORMAT = 2


def without_unreadable(dataset: Dataset, name: str, on_progress: OnProgress) -> tuple[Dataset, list[Unreadable]]:
    """The data set without the samples that cannot be read, and those; `name` is that of its cache."""
    unreadable = _known(dataset, name)
    if unreadable is None:
        look, masks = Look(), MaskValues()
        unreadable = list(_search(dataset, range(len(dataset)), on_progress, look, masks))
        _keep(dataset, name, unreadable, look, masks)
    if not unreadable:
        return dataset, []
    left_out = {found.index for found in unreadable}
    return Subset(dataset, [i for i in range(len(dataset)) if i not in left_out]), unreadable


def check_readable(dataset: Dataset, name: str, on_progress: OnProgress) -> None:
    """Raise DataError for the first sample that cannot be read."""
    if _known(dataset, name) == []:
        return
    look, masks = Look(), MaskValues()
    first = next(chain(unsized(dataset), _search(dataset, dataset.probe_indices(), on_progress, look, masks)), None)
    if first is not None:
        raise refusal(first, name)
    _keep(dataset, name, [], look, masks)


def refusal(first: Unreadable, name: str) -> DataError:
    """The error that a sample which cannot be read is."""
    return DataError(
        first.reason,
        f"{first.hint.rstrip('.')}; `mdf data check` finds all such samples of `{name}`, "
        "`--skip-bad` goes on without them",
    )


def kept_mask_values(dataset: Dataset, name: str) -> set[int]:
    """The values that a search has seen in the masks; none where there was no search."""
    try:
        return {int(value) for value in read_json(_file(dataset, name))["masks"]}
    except (MdfError, KeyError, TypeError, ValueError):
        return set()


def _search(
    dataset: Dataset, indices: Sequence[int], on_progress: OnProgress, look: Look, masks: MaskValues
) -> Iterator[Unreadable]:
    total = len(indices)
    for done, (index, sample) in enumerate(read_each(dataset, indices), start=1):
        look.at(index, sample)
        masks.at(sample)
        if isinstance(sample, Unreadable):
            yield sample
        if done % 16 == 0 or done == total:
            on_progress(Stage("reading every sample once", done, total))


def _known(dataset: Dataset, name: str) -> list[Unreadable] | None:
    """What an earlier search of the same files found, if every sample that it could not read still cannot be."""
    if is_sound(cache_folder(dataset, name)):
        return []
    try:
        kept = read_json(_file(dataset, name))
        unreadable = [Unreadable(**found) for found in kept["unreadable"]]
        if kept["format"] != FORMAT or kept["samples"] != len(dataset):
            return None
    except (MdfError, KeyError, TypeError):
        return None
    again = [sample for _, sample in read_each(dataset, [found.index for found in unreadable])]
    return None if any(not isinstance(sample, Unreadable) for sample in again) else unreadable


def _keep(dataset: Dataset, name: str, unreadable: Sequence[Unreadable], look: Look, masks: MaskValues) -> None:
    keep(look.places, dataset, name)
    with suppress(MdfError):  # it only saves time
        found = [asdict(sample) for sample in unreadable]
        about = {"format": FORMAT, "samples": len(dataset), "masks": sorted(masks.values)}
        write_json(_file(dataset, name), about | {"unreadable": found})


def _file(dataset: Dataset, name: str) -> Path:
    folder = cache_folder(dataset, name)
    return folder.with_name(f"{folder.name}.samples.json")
