"""Reading goes on past samples that cannot be read, whatever they raise, and says which they were."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from blobs import Blobs
from hypothesis import given
from hypothesis import strategies as st

from mdf.core.errors import DataError
from mdf.core.sample import Batch, Sample
from mdf.data.scan import Unreadable, read_each


class Broken(Blobs):
    """Blobs of which some raise when they, or a batch with them, are read."""

    def __init__(self, broken: set[int], error: Exception | None = None) -> None:
        super().__init__((8, 4, 4))
        self.broken, self.error = broken, error or DataError("x.png is cut short.", "Restore it.")

    def read(self, indices: Sequence[int]) -> Batch:
        if self.broken & set(indices):
            raise self.error
        return super().read(indices)


@given(broken=st.sets(st.integers(0, 15)))
def test_every_sample_comes_in_order_or_says_why_not(broken: set[int]) -> None:
    dataset = Broken(broken)
    found = dict(read_each(dataset, range(16)))
    assert list(found) == list(range(16))
    for index, sample in found.items():
        if index in broken:
            assert sample == Unreadable(index, "x.png is cut short.", "Restore it.")
        else:
            assert isinstance(sample, Sample)
            assert torch.equal(sample.fg_bg, dataset.read([index]).fg_bg[0])


def test_an_error_of_any_kind_names_the_sample() -> None:
    found = dict(read_each(Broken({3}, ValueError("odd\nbytes")), range(5)))
    assert isinstance(found[3], Unreadable)
    assert found[3].reason == "sample 3 cannot be read (ValueError: odd bytes)"
    assert found[3].hint


def test_no_memory_is_not_the_samples_fault() -> None:
    with pytest.raises(MemoryError):
        list(read_each(Broken({3}, MemoryError()), range(5)))


def test_sound_samples_are_read_in_batches() -> None:
    dataset = Blobs((8, 4, 4))
    list(read_each(dataset, range(16)))
    assert dataset.times_read == [1] * 16
