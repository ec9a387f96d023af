"""Brings batches to their device, ahead of the work on it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import torch

from mdf.core.sample import Batch

AHEAD = 2
"""Batches that a CUDA device receives while it works on another."""


def on_device(batches: Iterator[Batch], device: str) -> Iterator[tuple[Batch, Batch]]:
    """Each batch of the CPU, and its copy on `device`.

    A CUDA device is sent the next batches meanwhile, on a stream of its own: copies from pinned memory (see
    `read_ahead`) go on beside the kernels.
    """
    if torch.device(device).type != "cuda":
        for batch in batches:
            yield batch, batch.to(device)
        return
    stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    sent: deque[tuple[Batch, Batch, torch.cuda.Event]] = deque()
    for batch in batches:
        with torch.cuda.stream(stream):
            sent.append((batch, batch.to(device), stream.record_event()))
        if len(sent) > AHEAD:
            yield _received(*sent.popleft())
    while sent:
        yield _received(*sent.popleft())


def _received(batch: Batch, copy: Batch, arrived: torch.cuda.Event) -> tuple[Batch, Batch]:
    """Both, once the copy has arrived; its memory is not given to others before the work on it is done."""
    current = torch.cuda.current_stream(copy.bg.device)
    current.wait_event(arrived)
    for tensor in copy.tensors:
        tensor.record_stream(current)
    return batch, copy
