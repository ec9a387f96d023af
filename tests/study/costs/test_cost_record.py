"""Which records of costs stand for the next study, and what a memory that did not suffice says."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mdf.api import Quiet
from mdf.core.config import validate
from mdf.study import worker
from mdf.study.costs import phase
from mdf.study.costs.key import cost_key
from mdf.study.costs.record import INFINITE, Record, load, save

CONFIG = validate({"device": "cpu"})
SUBJECT: Any = SimpleNamespace(id="a", label="unet", cell=SimpleNamespace(config=CONFIG, stamp={}, plugins={}))


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The parts that are measured, in order, by something that takes no time."""
    found: list[str] = []

    def run(job: object, part: str, *_: object, **__: object) -> dict[str, float]:  # noqa: ARG001
        found.append(part)
        return {part: 1.0}

    monkeypatch.setattr(worker, "run", run)
    return found


def measure(runs: Path, cost_only: bool = False) -> Record:
    phase.measure([SUBJECT], {"a"} if cost_only else set(), [], runs, Quiet())
    return load(cost_key(SUBJECT.cell), runs)


@pytest.mark.parametrize("status", ["oom", "failed"])
def test_what_failed_is_measured_by_the_next_study(tmp_path: Path, tried: list[str], status: str) -> None:
    save(cost_key(SUBJECT.cell), tmp_path, Record(status=status, reason="it was full"))
    found = measure(tmp_path)
    assert tried == list(phase.PARTS)
    assert (found.status, found.reason, found.measured) == ("ok", "", dict.fromkeys(phase.PARTS, 1.0))


def test_a_part_that_hangs_is_told_with_its_reason_and_measured_by_the_next_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: object, time_limit: float, **__: object) -> None:
        raise worker.WorkerError("timeout", f"longer than {time_limit:g}")

    monkeypatch.setattr(worker, "run", run)
    with pytest.warns(UserWarning, match="the costs of unet could not be measured: longer than 7"):
        phase.measure([SUBJECT], set(), [], tmp_path, Quiet(), 7.0)
    found = load(cost_key(SUBJECT.cell), tmp_path)
    assert (found.status, found.parts, found.costs) == ("timeout", [], {})


def test_a_part_is_measured_whole_where_it_is_trained_and_never_the_other_way(tmp_path: Path, tried: list[str]) -> None:
    measure(tmp_path, cost_only=True)
    assert tried == ["single-step"]
    measure(tmp_path)
    assert tried == ["single-step", *phase.PARTS]
    for cost_only in (True, False):
        measure(tmp_path, cost_only)
    assert tried == ["single-step", *phase.PARTS]


def test_only_what_was_not_measured_is_infinite() -> None:
    assert Record(status="oom", measured={"peak_memory": 5.0}).costs == {"peak_memory": 5.0}
    assert Record(status="oom").costs == {"peak_memory": INFINITE}
