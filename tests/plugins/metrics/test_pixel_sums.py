"""Sums over pixels against NumPy's in float64: exact, without pixels that do not count, and NaN stays NaN."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdf.core.pixels import Values
from mdf.plugins.metrics.align import fitted, moments
from mdf.plugins.metrics.pixel_sums import differences, log_differences, relative_differences, within

LOOPS = {
    differences: lambda p, t: [abs(p - t).sum(), ((p - t) ** 2).sum(), p.size],
    relative_differences: lambda p, t: [(abs(p - t) / t).sum(), ((p - t) ** 2 / t).sum(), p.size],
    log_differences: lambda p, t: [f(np.log(p / t)).sum() for f in (np.array, np.abs, np.square)] + [p.size],
    moments: lambda p, t: [p.size, p.sum(), t.sum(), (p * p).sum(), (p * t).sum()],
}
every_loop = pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.__name__)


def pixels(seed: int, count: int) -> tuple[Values, Values, Values]:
    random = np.random.default_rng(seed)
    prediction, target = (random.exponential(3.0, (2, count)) + 0.01).astype(np.float32)
    return prediction, target, random.random(count) > 0.3


@every_loop
@given(st.integers(0, 2**31), st.integers(0, 700))
@settings(max_examples=25)
def test_they_are_exact(loop, seed: int, count: int) -> None:
    prediction, target, counted = pixels(seed, count)
    exact = LOOPS[loop](prediction[counted].astype(np.float64), target[counted].astype(np.float64))
    assert loop(prediction, target, counted) == pytest.approx(exact, rel=1e-12, abs=1e-12)


@given(st.integers(0, 2**31), st.floats(1.01, 5.0))
@settings(max_examples=25)
def test_pixels_within_a_factor_are_counted(seed: int, factor: float) -> None:
    prediction, target, counted = pixels(seed, 300)
    ratio = prediction[counted].astype(np.float64) / target[counted]
    near = int((np.maximum(ratio, 1 / ratio) < factor).sum())
    assert within(prediction, target, counted, factor) == (near, counted.sum())


@pytest.mark.parametrize("place", [0, 5, 998])
@pytest.mark.parametrize("wrong", [math.nan, math.inf])
@every_loop
def test_nan_matters_only_in_counted_pixels(loop, wrong: float, place: int) -> None:
    prediction, target, counted = pixels(1, 999)
    counted[place] = False
    clean = loop(prediction, target, counted)
    prediction[place] = wrong
    assert loop(prediction, target, counted) == clean
    counted[place] = True
    found = loop(prediction, target, counted)
    assert math.isnan(sum(found)) if math.isnan(wrong) else sum(found) == math.inf


@pytest.mark.parametrize("loop", [*LOOPS, lambda *given: within(*given, 1.25)])
def test_without_a_pixel_they_are_zero(loop) -> None:
    nothing = np.full(40, np.nan, dtype=np.float32)
    assert set(loop(nothing, nothing, np.zeros(40, dtype=bool))) == {0}


@every_loop
def test_counts_are_exact_beyond_the_range_of_float32(loop) -> None:
    ones = np.ones(4100**2, dtype=np.float32)  # 16.8 million
    assert max(loop(2 * ones, ones, ones > 0)) >= 4100**2


def test_fitted_values_stay_in_their_range_and_nan_stays_nan() -> None:
    given = np.array([-1, 0, 1, 2, math.inf, math.nan], dtype=np.float32)
    assert fitted(given, 2.0, 1.0, 0.5, 4.0) == pytest.approx([0.5, 1, 3, 4, 4, math.nan], nan_ok=True)
    assert fitted(given, 2.0, 1.0, -math.inf, math.inf) == pytest.approx([-1, 1, 3, 5, math.inf, math.nan], nan_ok=True)
