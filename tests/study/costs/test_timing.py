"""Repetitions: warmed up, as many as are worth the time, told by quantiles."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mdf.engine.runtime import Runtime
from mdf.study.costs.timing import FEWEST, MOST, WARM_UP, Stopwatch, quantile, times

CPU = Runtime("cpu", "fp32", channels_last=False, threads=1)


def test_the_warm_up_is_not_among_the_times() -> None:
    calls: list[int] = []
    found = times(lambda: calls.append(1), CPU)
    assert len(found) == len(calls) - WARM_UP
    assert FEWEST <= len(found) <= MOST


def test_laps_are_the_differences_of_marks() -> None:
    watch = Stopwatch(CPU)
    watch.marks = [0.0] * WARM_UP + [1.0, 3.0, 6.0]
    assert watch.laps == [2.0, 3.0]
    assert not watch.enough
    watch.marks += [7.0, 8.0, 9.0]
    assert watch.enough


def test_a_quantile_has_the_nearest_rank() -> None:
    values = [float(n) for n in range(1, 21)]
    assert (quantile(values, 0.5), quantile(values, 0.95)) == (10.0, 19.0)


@given(st.lists(st.floats(0, 1e3), min_size=1), st.floats(0, 1))
def test_a_quantile_is_one_of_the_values_and_rises(values: list[float], share: float) -> None:
    assert quantile(values, share) in values
    assert quantile(values, 0.0) == min(values)
    assert quantile(values, share) <= quantile(values, 1.0) == max(values)
