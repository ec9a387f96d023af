"""Masks from which nothing can be learned: none of a data set shows foreground, or none shows background."""

from __future__ import annotations

import torch

from mdf.core.background import spread
from mdf.core.dataset import Dataset
from mdf.core.errors import DataError
from mdf.data.scan import Unreadable, read_each

FIRST = 8
"""Samples, evenly spread, that are looked at before all others."""
CURE = "look at them with `mdf data show`; `mdf data info` tells what masks are read as, and which options change that"


def refuse_hopeless(dataset: Dataset, name: str) -> None:
    """Raise DataError where every mask of a data set is empty, or every one is foreground everywhere.

    Reads samples until both have been seen, which the first of them mostly show.
    """
    if "mask" not in dataset.tasks or not len(dataset):
        return
    first = spread(len(dataset), FIRST)
    seen: set[int] = set()
    for _, sample in read_each(dataset, [*first, *(i for i in range(len(dataset)) if i not in first)]):
        if not isinstance(sample, Unreadable):
            seen |= {int(value) for value in torch.unique(sample.targets["mask"][sample.valid["mask"]])}
        if {0, 1} <= seen:
            return
    if seen:
        what = "empty" if seen == {0} else "foreground everywhere"
        raise DataError(f"data set `{name}`: every mask is {what}, so that nothing can be learned or compared", CURE)
