"""A clock that only runs on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdf.core.video.clock import best_stamps, count_on
from mdf.core.video.packets import MISSING


@pytest.mark.parametrize(
    ("stamps", "times"),
    [
        ([100, 140, 180], [0, 40, 80]),
        ([0, 40, 80, 0, 40, 80], [0, 40, 80, 120, 160, 200]),
        ([0, 40, 40, 80], [0, 40, 80, 120]),
        ([0, 33, 433, 833], [0, 33, 433, 833]),
        ([MISSING] * 3, [0, 7, 14]),
        ([0, 10, MISSING, 30, 40], [0, 10, 20, 30, 40]),
        ([5], [0]),
    ],
    ids=["plain", "joined", "repeated", "uneven", "none", "one missing", "single"],
)
def test_times_run_on(stamps: list[int], times: list[int]) -> None:
    assert count_on(np.array(stamps, np.int64), 7).tolist() == times


@given(st.lists(st.one_of(st.just(MISSING), st.integers(-(10**12), 10**12)), min_size=1), st.integers(1, 10**6))
def test_times_always_begin_at_zero_and_increase(stamps: list[int], step: int) -> None:
    times = count_on(np.array(stamps, np.int64), step)
    assert (times[0], len(times)) == (0, len(stamps))
    assert (np.diff(times) > 0).all()


@given(st.lists(st.integers(1, 10**6), min_size=1), st.integers(-(10**9), 10**9))
def test_times_that_increase_are_kept(moves: list[int], start: int) -> None:
    stamps = np.cumsum([start, *moves]).astype(np.int64)
    assert np.array_equal(count_on(stamps, 1), stamps - start)


def test_the_series_with_the_fewest_faults_is_taken() -> None:
    shown, decoded = np.array([1, 2, 3, 5, 4]), np.array([2, 3, 4, 5, 6])
    assert best_stamps(shown, decoded) is decoded
    assert best_stamps(decoded, decoded + 1) is decoded
    assert best_stamps(np.full(5, MISSING), shown) is shown
