"""Masks from which nothing can be learned: none of a data set shows foreground, or none shows background."""

from __future__ import annotations

from dataclasses import dataclass, field

from mdf.core.background import spread
from mdf.core.dataset import Dataset
from mdf.core.errors import DataError
from mdf.core.sample import Sample
from mdf.data.scan import Unreadable, read_each

FIRST = 8
"""Samples, evenly spread, that are looked at before all others."""
CURE = "look at them with `mdf data show`; `mdf data info` tells what masks are read as, and which options change that"


@dataclass
class MaskValues:
    """The values of all masks that were seen: 0 for background, 1 for foreground."""

    values: set[int] = field(default_factory=set)

    def at(self, sample: Sample | Unreadable) -> None:
        """Remember the values of a sample's mask where they count."""
        if isinstance(sample, Unreadable) or "mask" not in sample.targets or self.both:
            return
        counted = sample.targets["mask"][sample.valid["mask"]]
        self.values |= {value for value in (0, 1) if bool((counted == value).any())}

    @property
    def both(self) -> bool:
        """Whether background and foreground were seen."""
        return len(self.values) == 2


def mask_values(dataset: Dataset) -> set[int]:
    """The values of the masks of a data set; reads samples until both have been seen, which the first mostly show."""
    seen = MaskValues()
    first = spread(len(dataset), FIRST) if len(dataset) else []
    for _, sample in read_each(dataset, [*first, *(i for i in range(len(dataset)) if i not in first)]):
        seen.at(sample)
        if seen.both:
            break
    return seen.values


def refuse_hopeless(values: set[int], name: str) -> None:
    """Raise DataError where every mask of a data set is empty, or every one is foreground everywhere."""
    if len(values) == 1:
        what = "empty" if values == {0} else "foreground everywhere"
        raise DataError(f"data set `{name}`: every mask is {what}, so that nothing can be learned or compared", CURE)
