"""Batches: stacked, taken apart, chosen from and joined without losing what belongs to each sample."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from small_models import random_batch

from mdf.core.sample import Batch, Sample

ATTACHED = {"targets", "valid", "known"}


def full_batch(count: int = 2, seed: int = 0) -> Batch:
    """A batch in which every field holds something of each sample's own."""
    batch = random_batch(count, seed=seed)
    return replace(
        batch,
        tags=tuple(frozenset({f"tag-{seed}-{i}"}) for i in range(count)),
        known={"background_depth": torch.rand(count, 1, 8, 9, generator=torch.Generator().manual_seed(seed))},
        jitter=torch.rand(count, 2, 5, generator=torch.Generator().manual_seed(seed)),
    )


def same(a: Batch, b: Batch) -> bool:
    """Every field, whichever a batch has."""
    for name in (field.name for field in fields(Batch)):
        ours, theirs = getattr(a, name), getattr(b, name)
        if name in ATTACHED:
            if set(ours) != set(theirs) or not all(torch.equal(ours[key], theirs[key]) for key in ours):
                return False
        elif isinstance(ours, torch.Tensor):
            if not torch.equal(ours, theirs):
                return False
        elif ours != theirs:
            return False
    return True


def test_the_batch_of_these_tests_fills_every_field() -> None:
    assert all(len(getattr(full_batch(), field.name)) > 0 for field in fields(Batch))


@given(count=st.integers(1, 5))
def test_stack_undoes_split(count: int) -> None:
    batch = replace(full_batch(count), jitter=None)
    samples = batch.split()
    assert [s.id for s in samples] == list(batch.ids)
    assert samples[0].bg.shape == (3, 16, 24)
    assert same(Batch.stack(samples), batch)


@given(counts=st.lists(st.integers(1, 3), min_size=1, max_size=3))
def test_concatenate_keeps_order_and_belongings(counts: list[int]) -> None:
    batches = [full_batch(count, seed=seed) for seed, count in enumerate(counts)]
    joined = Batch.concatenate(batches)
    assert len(joined) == sum(counts)
    starts = [sum(counts[:i]) for i in range(len(counts))]
    for batch, start in zip(batches, starts, strict=True):
        assert same(joined.select(range(start, start + len(batch))), batch)


@given(st.data())
def test_select_takes_every_field_of_the_samples_named(data: st.DataObject) -> None:
    batch = full_batch(5)
    indices = data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=7))
    singles = [batch.select([index]) for index in indices]
    chosen = batch.select(indices)
    assert chosen.ids == tuple(f"sample-{i}" for i in indices)
    assert same(chosen, Batch.concatenate(singles))


@given(st.permutations(range(5)))
def test_select_undoes_a_reordering(order: list[int]) -> None:
    batch = full_batch(5)
    assert same(batch.select(order).select(sorted(range(5), key=order.__getitem__)), batch)


def test_consecutive_samples_are_views_and_others_copies() -> None:
    batch = full_batch(5)
    assert batch.select(range(1, 4)).bg.data_ptr() == batch.bg[1:].data_ptr()
    copied = batch.select([1, 3])
    copied.bg.zero_()
    assert batch.bg[1].any()
    assert len(batch.select([])) == 0


def test_an_index_outside_the_batch_is_an_error() -> None:
    with pytest.raises(IndexError):
        full_batch(3).select(range(2, 4))


@pytest.mark.parametrize("lacking", [{"targets": {}}, {"known": {}}, {"jitter": None}], ids=lambda one: next(iter(one)))
def test_batches_that_hold_different_things_are_not_joined(lacking: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="hold the same"):
        Batch.concatenate([full_batch(), replace(full_batch(), **lacking)])


def test_samples_that_hold_different_things_are_not_stacked() -> None:
    one, other = full_batch(2).split()
    with pytest.raises(ValueError, match="hold the same"):
        Batch.stack([one, replace(other, targets={"mask": other.targets["mask"]})])


def test_tags_may_be_left_out_of_a_batch() -> None:
    plain = replace(full_batch(2), tags=())
    assert plain.tags == (frozenset(), frozenset())
    tagged = full_batch(2, seed=1)
    assert Batch.concatenate([plain, tagged]).tags == (frozenset(), frozenset(), *tagged.tags)


def test_size_is_height_then_width() -> None:
    assert random_batch(1, (16, 24)).size == (16, 24)


def test_moving_keeps_everything() -> None:
    batch = full_batch()
    assert same(batch.to("cpu"), batch)


def test_a_sample_of_a_batch_has_its_own_tags() -> None:
    samples: list[Sample] = full_batch(2).split()
    assert [s.tags for s in samples] == [frozenset({"tag-0-0"}), frozenset({"tag-0-1"})]
