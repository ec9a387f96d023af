"""How many trials run at once: as many as the memory of their device holds, the largest first."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mdf.study.costs.memory_fit import GIB, Forecast, Memory
from mdf.study.plan.forecasts import fitting_workers

SEVEN = Memory(7.0 * GIB)


def crowd(*peaks: float | None, devices: tuple[str, ...] = ("cpu",)) -> tuple[list[Any], dict[str, Forecast | None]]:
    cell = SimpleNamespace(devices=devices, side_by_side=4)
    cells = [SimpleNamespace(id=str(number), cell=cell) for number in range(len(peaks))]
    memory = 10 * GIB if devices[0].startswith("cuda") else None
    return cells, {str(n): peak and Forecast(1, 1, peak * GIB, memory) for n, peak in enumerate(peaks)}


@pytest.mark.parametrize(
    ("peaks", "expected"),
    [
        ((1, 1, 1, 1), 4),  # 1.6 GiB each with all around it, of 7
        ((2, 1, 2, 1), 2),  # 2.9 + 2.9, and a third would need 1.6
        ((5, 1, 1, 1), 1),
        ((9, 1), 1),  # not even alone: that is refused elsewhere
        ((1, 1), 4),  # there are no more to meet
        ((None, None, 5), 4),
        ((), 4),
    ],
)
def test_as_many_as_fit_together(peaks: tuple[float, ...], expected: int) -> None:
    assert SEVEN.side_by_side(*crowd(*peaks), 4) == expected


def test_every_gpu_has_its_own_memory() -> None:
    cells, forecasts = crowd(*[6.0] * 8, devices=("cuda:0", "cuda:1"))
    assert Memory(0.0).side_by_side(cells, forecasts, 2) == 2
    assert Memory(0.0).side_by_side(cells, forecasts, 6) == 2


def test_fewer_workers_are_warned_of_and_enough_are_left_as_they_were_asked() -> None:
    warnings: list[str] = []
    observer: Any = SimpleNamespace(warned=warnings.append)
    assert fitting_workers(*crowd(1, 1, 1, 1), SEVEN, None, observer) is None
    assert fitting_workers(*crowd(2, 2, 2, 2), SEVEN, 2, observer) == 2
    assert warnings == []
    assert fitting_workers(*crowd(2, 2, 2, 2), SEVEN, None, observer) == 2
    assert warnings == ["2 instead of 4 trials run side by side: more may not fit the memory (`--force` runs 4)"]
