"""A batch computed in parts, one after the other, so that it needs less memory at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mdf.core.sample import Batch
from mdf.engine.objective import Share


def parts_of(batch: Batch, count: int, tasks: Collection[str]) -> Iterator[tuple[Batch, Share | None]]:
    """Consecutive parts of at most `count` samples, each with its share of the whole (None where that is all).

    Weighted by its share of the valid pixels, the parts' losses of `tasks` add up to the whole's where a loss is a mean
    over these pixels; one that is not (`Loss.is_pixel_mean`) is the mean of what it is of each part.
    """
    if len(batch) <= count:
        yield batch, None
        return
    all_valid = {task: batch.valid[task].sum().clamp(min=1) for task in tasks}
    for start in range(0, len(batch), count):
        part = batch.select(range(start, min(start + count, len(batch))))
        pixels = {task: part.valid[task].sum() / whole for task, whole in all_valid.items()}
        yield part, Share(len(part) / len(batch), pixels)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that memory did not suffice; torch says so of the CPU's in a plain RuntimeError."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and "allocate memory" in str(error)
