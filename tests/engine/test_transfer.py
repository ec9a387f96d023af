"""Batches reach a CUDA device ahead of the work on it, each once and in order. There is no such device here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext

import pytest
import torch
from small_models import random_batch

from mdf.core.sample import Batch
from mdf.engine.transfer import AHEAD, on_device


def batches(told: list[str]) -> Iterator[Batch]:
    for number in range(5):
        told.append(f"read {number}")
        yield random_batch(1, (8, 8), seed=number)


def test_a_cpu_has_each_batch_when_it_is_read() -> None:
    told: list[str] = []
    for number, (batch, copy) in enumerate(on_device(batches(told), "cpu")):
        assert torch.equal(batch.bg, copy.bg)
        assert told == [f"read {i}" for i in range(number + 1)]


class Stream:
    """In the place of a stream: tells what is asked of it."""

    def __init__(self, told: list[str]) -> None:
        self.told, self.events = told, 0

    def record_event(self) -> int:
        self.events += 1
        self.told.append(f"sent {self.events - 1}")
        return self.events - 1

    def wait_event(self, event: int) -> None:
        self.told.append(f"wait {event}")


def test_a_cuda_device_is_sent_the_next_batches_before_it_works_on_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is waited for where it is used, and its memory is kept for the stream that uses it."""
    told: list[str] = []
    stream = Stream(told)
    monkeypatch.setattr(torch.cuda, "Stream", lambda _: stream)
    monkeypatch.setattr(torch.cuda, "stream", lambda _: nullcontext())
    monkeypatch.setattr(torch.cuda, "current_stream", lambda _: stream)
    monkeypatch.setattr(Batch, "to", lambda batch, _: batch)
    kept: list[torch.Tensor] = []
    monkeypatch.setattr(torch.Tensor, "record_stream", lambda tensor, _: kept.append(tensor))
    seen = []
    for batch, copy in on_device(batches(told), "cuda"):
        assert copy is batch
        seen.append(batch)
        told.append(f"used {len(seen) - 1}")
    for number in range(5):
        used = told.index(f"used {number}")
        assert told.index(f"sent {min(number + AHEAD, 4)}") < told.index(f"wait {number}") < used
    assert [batch.bg.tolist() for batch in seen] == [b.bg.tolist() for b in batches([])]
    assert len(kept) == sum(len(batch.tensors) for batch in seen)
