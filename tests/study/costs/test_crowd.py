"""How many trials run at once: as many as the memory of their device holds, the largest first."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mdf.study.costs import fit
from mdf.study.costs.fit import side_by_side
from mdf.study.plan.foresee import lowered

GIB = fit.GIB


def crowd(*peaks: float | None, devices: tuple[str, ...] = ("cpu",)) -> tuple[list[Any], dict[str, dict[str, float]]]:
    cell = SimpleNamespace(devices=devices, side_by_side=4)
    trials = [SimpleNamespace(id=str(number), cell=cell) for number in range(len(peaks))]
    memory = {"device_memory": 10 * GIB} if devices[0].startswith("cuda") else {}
    told = {str(n): {} if peak is None else {"peak_memory": peak * GIB, **memory} for n, peak in enumerate(peaks)}
    return trials, told


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
def test_as_many_as_fit_together(monkeypatch: pytest.MonkeyPatch, peaks: tuple[float, ...], expected: int) -> None:
    monkeypatch.setattr(fit, "_free", lambda: 7.0 * GIB)
    assert side_by_side(*crowd(*peaks), 4) == expected


def test_every_gpu_has_its_own_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "_free", lambda: 0.0)
    trials, told = crowd(*[6.0] * 8, devices=("cuda:0", "cuda:1"))
    assert side_by_side(trials, told, 2) == 2
    assert side_by_side(trials, told, 6) == 2


def test_fewer_workers_are_told_and_enough_are_left_as_they_were_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "_free", lambda: 7.0 * GIB)
    said: list[str] = []
    observer: Any = SimpleNamespace(warned=said.append)
    assert lowered(*crowd(1, 1, 1, 1), None, observer) is None
    assert lowered(*crowd(2, 2, 2, 2), 2, observer) == 2
    assert said == []
    assert lowered(*crowd(2, 2, 2, 2), None, observer) == 2
    assert said == ["2 instead of 4 trials run side by side: more may not fit the memory (`--force` runs 4)"]
