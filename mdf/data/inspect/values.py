"""Checks what the targets of a data set hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from torch import Tensor

from mdf.core.errors import DataError
from mdf.core.sample import Sample
from mdf.core.summary import count_pixels
from mdf.core.task import Task
from mdf.data.inspect.results import Finding

NAMED = 3
"""Samples that a finding about many of them names."""


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

    def findings(self, read: int) -> Iterator[Finding]:
        """What can be said only of all samples together; `read` is how many there were."""
        for task, ids in self.without_valid.items():
            shown = ", ".join(f"`{i}`" for i in ids[:NAMED]) + (", …" if len(ids) > NAMED else "")
            yield Finding(
                "error" if len(ids) == read else "warning",
                "no valid pixel",
                f"{len(ids)} of {read} samples have no valid {task} pixel: {shown}",
                f"nothing is learned or scored for {task} there: leave the samples out, or look at what marks "
                "their pixels as invalid",
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
