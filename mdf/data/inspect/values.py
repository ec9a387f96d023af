"""Checks what the targets of a data set hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from mdf.core.errors import DataError
from mdf.core.sample import Sample
from mdf.core.summary import count_pixels
from mdf.core.task import Task
from mdf.data.hopeless import CURE, LabelValues, hopeless
from mdf.data.inspect.results import Finding

NAMED = 3
"""Samples that a finding about many of them names."""

ENOUGH = 4
"""Samples whose frames changed outside of their labels from which a warning is given."""


class TargetCheck:
    """Looks at the targets of one sample after the other, each task by its own rules.

    Tasks that no head on offer knows are checked for numbers that are not finite alone.

    Attributes:
        empty: by task, how many targets show nothing.
        without_valid: by task, the ids of samples without a valid pixel.
    """

    def __init__(self, tasks: Mapping[str, Task], units: Mapping[str, str]) -> None:
        self.tasks, self.units = tasks, units
        self.empty: Counter[str] = Counter()
        self.without_valid: dict[str, list[str]] = {}
        self._labels = LabelValues()
        self._changed: Counter[str] = Counter()
        self._unchanged: Counter[str] = Counter()

    def check(self, sample: Sample) -> Iterator[Finding]:
        """What is wrong with one sample."""
        for name, target in sample.targets.items():
            values = target[:, sample.valid[name][0]]
            if values.numel() == 0:
                self.without_valid.setdefault(name, []).append(sample.id)
                continue
            task = self.tasks.get(name)
            try:
                check_finite(values)
                if task:
                    _check_channels(values, task)
                    task.check_values(values, self.units.get(name, ""))
            except DataError as error:
                yield Finding("error", "value", f"sample `{sample.id}`: {name}: {error.message}", error.hint)
                continue
            if task and task.summarise(values).empty:
                self.empty[name] += 1
            if target.dtype == torch.uint8:
                self._compare(name, sample)
        self._labels.add(sample)

    def _compare(self, task: str, sample: Sample) -> None:
        """Count whether the frame has changed more where the label is set than where it is 0."""
        target, valid = sample.targets[task], sample.valid[task]
        inside, outside = ((target > 0) & valid).any(0), ((target == 0) & valid).any(0)
        if bool(inside.any()) and bool(outside.any()):
            change = (sample.fg_bg.float() - sample.bg.float()).abs().mean(0)
            more = bool(change[inside].mean() > change[outside].mean())
            (self._changed if more else self._unchanged)[task] += 1

    def findings(self, read: int) -> Iterator[Finding]:
        """What can be said only of all samples together; `read` is how many there were."""
        yield from self._of_labels()
        for task, ids in self.without_valid.items():
            shown = ", ".join(f"`{i}`" for i in ids[:NAMED]) + (", …" if len(ids) > NAMED else "")
            yield Finding(
                "error" if len(ids) == read else "warning",
                "no valid pixel",
                f"{len(ids)} of {read} samples have no valid {task} pixel: {shown}",
                f"nothing is learned or scored for {task} there: leave the samples out, or look at what marks "
                "their pixels as invalid",
            )

    def _of_labels(self) -> Iterator[Finding]:
        for sentence in hopeless(self._labels.seen):
            yield Finding("error", "hopeless", sentence, CURE)
        for task, count in self._unchanged.items():
            if count > self._changed[task] and count >= ENOUGH:
                yield Finding(
                    "warning",
                    f"{task} beside change",
                    f"in {count} of {count + self._changed[task]} samples the frame differs from its background no "
                    f"more inside the {task} than outside: they may not belong together",
                    "look at them with `mdf data show`: turned, shifted or inverted truth, or that of other frames, or "
                    "another background",
                )


def check_finite(values: Tensor) -> None:
    """Raises DataError where valid pixels C×K are NaN or infinite."""
    if values.is_floating_point() and bool((wrong := ~values.isfinite()).any()):
        raise DataError(f"{count_pixels(wrong)} NaN or infinite", "mark them invalid, or set them to `invalid_value`")


def _check_channels(values: Tensor, task: Task) -> None:
    if len(values) != task.channels:
        raise DataError(
            f"the target has {len(values)} channel(s), the task {task.channels}",
            "correct it where the data set reads it",
        )
