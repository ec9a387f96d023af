"""Medians and quantiles are those of NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mdf.inference.live.objects.quantiles import median, quantile


@pytest.mark.parametrize("count", [1, 2, 3, 4, 25, 1000, 1001])
def test_they_are_those_of_numpy(count: int) -> None:
    values = np.random.default_rng(count).lognormal(1, 1, count).astype(np.float32)
    assert median(values) == np.median(values)
    for share in (0.0, 0.16, 0.5, 0.84, 1.0):
        assert quantile(values, share) == pytest.approx(float(np.quantile(values, share)), rel=1e-6)


def test_of_nothing_they_are_unknown() -> None:
    nothing = np.zeros(0, np.float32)
    assert math.isnan(median(nothing))
    assert math.isnan(quantile(nothing, 0.5))
