"""Whether a training fits, by what is free and by what processes take besides their tensors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdf.study.costs import fit
from mdf.study.plan.calibrate import at
from mdf.workers import cgroup


def test_what_fits_depends_on_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "_free", lambda: 2.0 * fit.GIB)
    assert fit.fits("cpu", {"peak_memory": 1.0 * fit.GIB})
    assert not fit.fits("cpu", {"peak_memory": 1.5 * fit.GIB})  # and a process around it


def test_a_gpu_is_asked_for_its_own_memory() -> None:
    forecast = {"peak_memory": 8.0 * fit.GIB, "device_memory": 10.0 * fit.GIB}
    assert fit.fits("cuda:1", forecast)
    assert not fit.fits("cuda", {**forecast, "device_memory": 9.0 * fit.GIB})


def test_what_is_not_known_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "_free", lambda: None)
    assert fit.fits("cpu", {"peak_memory": 1e15})
    assert fit.fits("mps", {"peak_memory": 1e15})
    assert fit.fits("cuda", {})


def test_what_is_free_is_what_the_memory_group_leaves_where_that_is_less(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroup, "room", lambda: 1000.0)
    assert fit.capacity("cpu", {}) == 1000.0
    monkeypatch.setattr(cgroup, "room", lambda: 1e18)
    assert (fit.capacity("cpu", {}) or 0) < 1e18 or fit._meminfo() is None


@given(st.floats(0, 5), st.floats(0.001, 5), st.floats(3, 1e3))
def test_a_line_through_two_points_goes_on(start: float, slope: float, x: float) -> None:
    assert at(x, [(1.0, start + slope), (2.0, start + 2 * slope)]) == pytest.approx(start + slope * x, rel=1e-6)


@given(st.floats(0.1, 5), st.floats(0.1, 5), st.floats(3, 1e3))
def test_an_estimate_is_never_below_nothing(one: float, two: float, x: float) -> None:
    assert at(x, [(1.0, one), (2.0, two)]) > 0
