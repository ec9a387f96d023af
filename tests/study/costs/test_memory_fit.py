"""Whether a training fits, by what is free and by what processes take besides their tensors."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdf.study.costs import memory_fit
from mdf.study.costs.memory_fit import GIB, Forecast, Memory
from mdf.study.plan.calibrate import at
from mdf.workers import cgroup

MEMINFO = "MemTotal:  9000000 kB\nMemFree:   100 kB\nMemAvailable:   2000 kB\nBuffers: 7 kB\n"


def forecast(peak: float, device_memory: float | None = None) -> Forecast:
    return Forecast(1.0, 1.0, peak, device_memory)


def test_what_fits_depends_on_what_is_free() -> None:
    memory = Memory(2.0 * GIB)
    assert memory.fits("cpu", forecast(1.0 * GIB))
    assert not memory.fits("cpu", forecast(1.5 * GIB))  # and a process around it


def test_a_gpu_is_asked_for_its_own_memory() -> None:
    memory = Memory(1.0)
    assert memory.fits("cuda:1", forecast(8.0 * GIB, 10.0 * GIB))
    assert not memory.fits("cuda", forecast(8.0 * GIB, 9.0 * GIB))


def test_what_is_not_known_is_not_refused() -> None:
    memory = Memory(None)
    assert memory.fits("cpu", forecast(1e15))
    assert memory.fits("mps", forecast(1e15))


@pytest.mark.parametrize(
    ("room", "meminfo", "free"),
    [
        (1000.0, MEMINFO, 1000.0),
        (1e18, MEMINFO, 2000 * 1024.0),
        (None, MEMINFO, 2000 * 1024.0),
        (1e18, None, 1e18),
        (None, None, None),
        (None, "MemTotal: 5 kB\n", None),
    ],
)
def test_what_is_free_is_the_least_that_machine_and_memory_group_leave(
    room: float | None, meminfo: str | None, free: float | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place = tmp_path / "meminfo"
    if meminfo is not None:
        place.write_text(meminfo)
    monkeypatch.setattr(memory_fit, "MEMINFO", place)
    monkeypatch.setattr(cgroup, "room", lambda: room)
    assert Memory.now() == Memory(free)


@given(st.floats(0, 5), st.floats(0.001, 5), st.floats(3, 1e3))
def test_a_line_through_two_points_goes_on(start: float, slope: float, x: float) -> None:
    assert at(x, [(1.0, start + slope), (2.0, start + 2 * slope)]) == pytest.approx(start + slope * x, rel=1e-6)


@given(st.floats(0.1, 5), st.floats(0.1, 5), st.floats(3, 1e3))
def test_an_estimate_is_never_below_nothing(one: float, two: float, x: float) -> None:
    assert at(x, [(1.0, one), (2.0, two)]) > 0
