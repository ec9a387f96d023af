"""Each sample's pixels measured alone, and sums that no batch, thread count or size can change."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mdf.core.pixels import Pixels, by_sample, total


@pytest.fixture
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@given(st.integers(0, 2**31), st.integers(0, 3000))
def test_a_total_is_exact_to_a_millionth(seed: int, count: int) -> None:
    pixels = np.random.default_rng(seed).exponential(3.0, count).astype(np.float32)
    assert np.isclose(total(pixels), pixels.sum(dtype=np.float64), rtol=1e-6, atol=0.0)
    assert total(pixels.astype(np.float64)) == pytest.approx(pixels.sum(dtype=np.float64), rel=1e-13)


@given(st.integers(0, 2**31), st.integers(0, 3000))
def test_so_is_a_total_of_products(seed: int, count: int) -> None:
    pixels, times = np.random.default_rng(seed).exponential(3.0, (2, count)).astype(np.float32)
    exact = (pixels.astype(np.float64) * times).sum()
    assert np.isclose(total(pixels, times), exact, rtol=1e-6, atol=0.0)
    assert total(pixels.astype(np.float64), times.astype(np.float64)) == pytest.approx(exact, rel=1e-13)


def test_a_total_of_a_large_image_counts_on_where_float32_stops() -> None:
    ones = np.ones(4100**2, dtype=np.float32)  # 16.8 million
    assert total(ones) == total(ones, ones) == 4100**2


def test_each_sample_is_measured_alone_with_its_pixels_in_a_row() -> None:
    prediction = torch.arange(12.0).view(2, 3, 1, 2).bfloat16()
    valid = torch.tensor([[[[True, False]]], [[[False, True]]]])
    found = by_sample(lambda p, t, v: [p[v].sum(), t.sum(), len(v)], prediction, torch.ones(2, 3, 1, 2), valid)
    assert found.dtype == torch.float64
    assert found.tolist() == [[0 + 2 + 4, 6, 6], [7 + 9 + 11, 6, 6]]


@pytest.mark.usefixtures("threads")
def test_a_sample_is_the_same_to_the_last_bit_in_any_batch_and_with_any_threads() -> None:
    prediction, target = torch.rand(2, 32, 1, 241, 321, generator=torch.Generator().manual_seed(0)) * 100
    valid = prediction > 3

    def sums(prediction: Pixels, target: Pixels, valid: Pixels) -> list[float]:
        return [total(np.abs(prediction[valid] - target[valid])), total(prediction, target)]

    torch.set_num_threads(1)
    whole = by_sample(sums, prediction, target, valid)
    for size, number in ((1, 2), (7, 2), (32, 4)):
        torch.set_num_threads(number)
        parts = zip(*(x.split(size) for x in (prediction, target, valid)), strict=True)
        assert torch.equal(torch.cat([by_sample(sums, *part) for part in parts]), whole), (size, number)
