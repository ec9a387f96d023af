"""What the targets of a sample may hold, and what they do hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from torch import Tensor

from mdf.core.dataset import Dataset
from mdf.core.sample import Sample
from mdf.data.inspect.finding import Finding

ENOUGH = 4
"""Samples whose frames changed outside of their masks from which a warning is given."""


class Values:
    """Looks at every sample's targets; counts what is only to be known.

    `counts`: `empty masks` (nothing in the foreground) and, by task, targets without a valid pixel.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.units = dataset.units
        self.counts: Counter[str] = Counter()
        self.unknown: dict[str, list[str]] = {}
        self.masks = self.full = self.changed = self.unchanged = 0

    def look(self, sample: Sample) -> Iterator[Finding]:
        """What is wrong with one sample."""
        for task, target in sample.targets.items():
            known = target[sample.valid[task].expand_as(target)]
            if known.numel() == 0:
                self.unknown.setdefault(task, []).append(sample.id)
                continue
            if task == "mask":
                self._count(sample, known)
            wrong = _wrong(task, known, self.units.get(task, ""))
            if wrong:
                what, cure = wrong
                yield Finding("error", "value", f"sample `{sample.id}`: {task} {what}", cure)

    def _count(self, sample: Sample, known: Tensor) -> None:
        """Whether a mask is empty or full, and whether its frame has changed more inside than outside of it."""
        inside = (sample.targets["mask"] == 1) & sample.valid["mask"]
        outside = (sample.targets["mask"] == 0) & sample.valid["mask"]
        self.masks += 1
        if not bool((known == 1).any()):
            self.counts["empty masks"] += 1
        self.full += not bool((known != 1).any())
        if bool(inside.any()) and bool(outside.any()):
            change = (sample.fg_bg.float() - sample.bg.float()).abs().mean(0, keepdim=True)
            more = bool(change[inside].mean() > change[outside].mean())
            self.changed += more
            self.unchanged += not more

    def findings(self, read: int) -> Iterator[Finding]:
        """What can only be said of all samples together."""
        yield from self._of_masks()
        for task, ids in self.unknown.items():
            self.counts[f"{task} without a valid pixel"] = len(ids)
            shown = ", ".join(f"`{i}`" for i in ids[:3]) + (", …" if len(ids) > 3 else "")
            yield Finding(
                "error" if len(ids) == read else "warning",
                "no valid pixel",
                f"{len(ids)} of {read} samples have no valid {task} pixel: {shown}",
                f"nothing is learned or scored for {task} there: leave the samples out, or look at what marks "
                "their pixels as invalid",
            )

    def _of_masks(self) -> Iterator[Finding]:
        cure = "look at them with `mdf data show`; options of the data set say what masks mean"
        if self.masks and self.counts["empty masks"] == self.masks:
            yield Finding("error", "hopeless", "every mask is empty: nothing can be learned or compared", cure)
        if self.masks and self.full == self.masks:
            yield Finding("error", "hopeless", "every mask is foreground everywhere", cure)
        if self.unchanged > self.changed and self.unchanged >= ENOUGH:
            yield Finding(
                "warning",
                "mask beside change",
                f"in {self.unchanged} of {self.unchanged + self.changed} samples the frame differs from its background "
                "no more inside the mask than outside: masks and frames may not belong together",
                "look at them with `mdf data show`: masks that are turned, shifted, inverted or of other frames, or "
                "another background",
            )


def _wrong(task: str, known: Tensor, unit: str) -> tuple[str, str] | None:
    """What valid pixels hold that they must not, and the cure."""
    if known.is_floating_point() and not bool(known.isfinite().all()):
        bad = int((~known.isfinite()).sum())
        return f"has {_pixels(bad)} that are NaN or infinite", "mark them invalid, or set them to `invalid_value`"
    if task == "mask":
        bad = int(((known != 0) & (known != 1)).sum())
        if bad:
            largest = known.max().item()
            return (
                f"has {_pixels(bad)} that are neither 0 nor 1 (up to {largest:g})",
                "a mask is 1 for the foreground and 0 for the rest: compare with a threshold where it is read",
            )
    if task == "depth":
        relative = unit == "relative"
        bad = int(((known < 0) if relative else (known <= 0)).sum())
        if bad:
            return (
                f"has {_pixels(bad)} {'below 0' if relative else 'at or below 0'} (down to {known.min():g})",
                "mark pixels without a measurement invalid (`invalid_value`), or correct the scale",
            )
    return None


def _pixels(count: int) -> str:
    return f"{count} valid {'pixel' if count == 1 else 'pixels'}"
