"""A batch computed in parts, one after the other, so that it needs less memory at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from mdf.core.sample import Batch
from mdf.engine.objective import Objective, Share

FitsEverywhere = Callable[[bool], bool]
"""Whether a batch fitted the memory of every process that trains this model, given whether it fitted this one's.

It is called once after each attempt at a batch, in every process. All must get the same answer, so that all halve
their micro-batch together.
"""


def fits_here(fitted: bool) -> bool:
    """The answer where one process trains alone: its own."""
    return fitted


@dataclass(frozen=True, slots=True)
class Whole:
    """A batch as all processes share it: its `samples`, and each task's valid `pixels`."""

    samples: int
    pixels: Mapping[str, Tensor]


def whole_of(batch: Batch, tasks: Collection[str]) -> Whole:
    """`batch`, of which this process has all."""
    return Whole(len(batch), {task: batch.valid[task].sum() for task in tasks})


def micro_batches(
    batch: Batch, count: int, tasks: Collection[str], whole: Whole | None = None
) -> Iterator[tuple[Batch, Share | None]]:
    """Consecutive parts of at most `count` samples, each with its share of the `whole` (None if it is the whole).

    If a loss is a mean over valid pixels, the parts' losses, weighted by their share of these pixels, add up to the
    whole's. Any other loss (see `Loss.is_pixel_mean`) is averaged over the parts.
    """
    if len(batch) <= count and (whole is None or whole.samples == len(batch)):
        yield batch, None
        return
    whole = whole or whole_of(batch, tasks)
    for start in range(0, len(batch), count):
        part = batch.select(range(start, min(start + count, len(batch))))
        pixels = {task: part.valid[task].sum() / whole.pixels[task].clamp(min=1) for task in tasks}
        yield part, Share(len(part) / whole.samples, pixels)


def averaged_losses(objective: Objective, tasks: Collection[str]) -> str:
    """For users: the losses of `tasks` that are averaged over micro-batches; "" if there is none."""
    names = objective.non_decomposable(tasks)
    if not names:
        return ""
    which = "is not a per-pixel mean, so it is" if len(names) == 1 else "are not per-pixel means, so they are"
    return f"{' and '.join(names)} {which} averaged over micro-batches"


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that memory did not suffice. For the CPU, torch says so in a plain RuntimeError."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and "allocate memory" in str(error)
