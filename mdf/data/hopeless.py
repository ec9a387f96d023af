"""Labels from which nothing can be learned: those of a whole data set have one value, such as masks that are all empty.

A label is a target of bytes, such as a mask: 0 is what a task does not look for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from mdf.core.dataset import Dataset
from mdf.core.errors import DataError
from mdf.core.sample import Sample
from mdf.core.spread import spread
from mdf.data.scan import Unreadable, read_each

FIRST = 8
"""Samples, evenly spread, that are looked at before all others."""
CURE = "look at them with `mdf data show`; `mdf data info` tells what files are read as, and which options change that"


@dataclass
class LabelValues:
    """The values that were seen of each label, by task. Two are enough: no more are kept."""

    seen: dict[str, set[int]] = field(default_factory=dict)

    def add(self, sample: Sample | Unreadable) -> None:
        """Remember the values of a sample's labels at valid pixels."""
        if isinstance(sample, Unreadable):
            return
        for task, target in sample.targets.items():
            if target.dtype == torch.uint8:
                known = self.seen.setdefault(task, set())
                if len(known) < 2:
                    values = target[sample.valid[task].expand_as(target)]
                    known |= {int(values.min()), int(values.max())} if values.numel() else set()

    @property
    def vary(self) -> bool:
        """Whether every label has several values."""
        return bool(self.seen) and all(len(values) > 1 for values in self.seen.values())


def label_values(dataset: Dataset) -> LabelValues:
    """The values of the labels of a data set. Samples are read until all labels vary, which the first mostly show."""
    values = LabelValues()
    first = spread(len(dataset), FIRST) if len(dataset) else []
    for _, sample in read_each(dataset, [*first, *(i for i in range(len(dataset)) if i not in first)]):
        values.add(sample)
        if values.vary or (not values.seen and isinstance(sample, Sample)):
            break
    return values


def hopeless(seen: Mapping[str, set[int]]) -> list[str]:
    """One sentence for each label that has one value everywhere."""
    constant = {task: min(values) for task, values in seen.items() if len(values) == 1}
    return [
        f"every {task} is {'set everywhere' if value else 'empty'}: nothing can be learned or compared"
        for task, value in constant.items()
    ]


def refuse_hopeless(seen: Mapping[str, set[int]], name: str) -> None:
    """Raise DataError if a label of a data set has one value everywhere."""
    for sentence in hopeless(seen):
        raise DataError(f"data set `{name}`: {sentence}", CURE)
