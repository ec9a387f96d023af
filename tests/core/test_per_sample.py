"""Sums of a sample's pixels: exact counts, and float sums that no batch, thread count or size can change."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mdf.core.metric import by_sample, per_sample, total


@given(st.integers(0, 2**31), st.integers(1, 9), st.integers(1, 600))
def test_float_sums_agree_with_an_exact_sum(seed: int, batch: int, pixels: int) -> None:
    values = torch.randn(batch, 1, pixels, generator=torch.Generator().manual_seed(seed)) * 1e4
    sums = per_sample(values)
    assert sums.dtype == torch.float64
    exact = [math.fsum(row.flatten().tolist()) for row in values]
    assert sums.tolist() == pytest.approx(exact, rel=1e-12, abs=1e-9)


def test_a_sample_sums_to_the_same_bits_in_any_batch_and_with_any_threads() -> None:
    values = torch.rand(32, 1, 241, 321, generator=torch.Generator().manual_seed(0)) * 100
    whole = per_sample(values)
    threads = torch.get_num_threads()
    try:
        for size, number in ((1, 1), (7, 2), (32, 4)):
            torch.set_num_threads(number)
            parts = torch.cat([per_sample(part) for part in values.split(size)])
            assert torch.equal(parts, whole), (size, number)
    finally:
        torch.set_num_threads(threads)


def test_counts_of_large_images_are_exact() -> None:
    side = 4100  # 16.8 million pixels: more than float32 can count
    assert per_sample(torch.ones(1, 1, side, side, dtype=torch.bool)).item() == side * side
    assert per_sample(torch.ones(1, 1, side, side)).item() == side * side
    assert per_sample(torch.full((1, 2**20), 255, dtype=torch.uint8)).item() == 255 * 2**20


def test_no_pixels_sum_to_zero() -> None:
    assert per_sample(torch.zeros(3, 1, 0, 5)).tolist() == [0, 0, 0]


@given(st.integers(0, 2**31), st.integers(0, 3000))
def test_a_total_is_exact_to_a_millionth(seed: int, count: int) -> None:
    pixels = np.random.default_rng(seed).exponential(3.0, count).astype(np.float32)
    assert np.isclose(total(pixels), pixels.sum(dtype=np.float64), rtol=1e-6, atol=0.0)
    assert total(pixels.astype(np.float64)) == pytest.approx(pixels.sum(dtype=np.float64), rel=1e-13)


def test_each_sample_is_measured_alone_with_its_pixels_in_a_row() -> None:
    prediction = torch.arange(12.0).view(2, 3, 1, 2).bfloat16()
    valid = torch.tensor([[[[True, False]]], [[[False, True]]]])
    found = by_sample(lambda p, t, v: [p[v].sum(), t.sum(), len(v)], prediction, torch.ones(2, 3, 1, 2), valid)
    assert found.dtype == torch.float64
    assert found.tolist() == [[0 + 2 + 4, 6, 6], [7 + 9 + 11, 6, 6]]
