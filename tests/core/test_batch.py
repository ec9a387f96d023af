"""Batches: stacked, taken apart and joined without losing what belongs to each sample."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st
from small_models import random_batch

from mdf.core.sample import Batch


def same(a: Batch, b: Batch) -> bool:
    tensors = [(a.bg, b.bg), (a.fg_bg, b.fg_bg)]
    for kind in ("targets", "valid"):
        ours, theirs = getattr(a, kind), getattr(b, kind)
        assert set(ours) == set(theirs)
        tensors += [(ours[task], theirs[task]) for task in ours]
    labels = (a.ids, a.scenes, a.tags) == (b.ids, b.scenes, b.tags)
    return labels and all(torch.equal(x, y) for x, y in tensors)


@given(count=st.integers(1, 5))
def test_stack_undoes_split(count: int) -> None:
    batch = random_batch(count)
    samples = batch.split()
    assert [s.id for s in samples] == list(batch.ids)
    assert samples[0].bg.shape == (3, 16, 24)
    assert same(Batch.stack(samples), batch)


@given(counts=st.lists(st.integers(1, 3), min_size=1, max_size=3))
def test_concatenate_keeps_order_and_belongings(counts: list[int]) -> None:
    batches = [random_batch(count, seed=seed) for seed, count in enumerate(counts)]
    joined = Batch.concatenate(batches)
    assert len(joined) == sum(counts)
    assert same(joined, Batch.stack(s for batch in batches for s in batch.split()))


def test_size_is_height_then_width() -> None:
    assert random_batch(1, (16, 24)).size == (16, 24)


def test_moving_keeps_everything() -> None:
    batch = random_batch()
    assert same(batch.to("cpu"), batch)
