"""Which records of costs stand for the next study, and what a memory that did not suffice says."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mdf import api
from mdf.api import Quiet
from mdf.core.config import validate
from mdf.study import run
from mdf.study.costs import phase
from mdf.study.costs.key import cost_key
from mdf.study.costs.record import INFINITE, Record, load, save
from mdf.study.plan import foresee
from mdf.workers import process

CONFIG = validate({"device": "cpu"})
ALL_PARTS = "costs: training, inference, speed"
SUBJECT: Any = SimpleNamespace(id="a", label="unet", cell=SimpleNamespace(config=CONFIG, stamp={}, plugins={}))


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The parts that are measured, in order, by something that takes no time."""
    found: list[str] = []

    def run(job: object, part: str, *_: object, **__: object) -> dict[str, float]:  # noqa: ARG001
        found.append(part)
        return {part: 1.0}

    monkeypatch.setattr(process, "run", run)
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


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What a job that hangs was given, in seconds, each time."""
    found: list[float] = []

    def run(*_: object, time_limit: float, **__: object) -> None:
        found.append(time_limit)
        raise process.WorkerError("timeout", f"longer than {time_limit:g}")

    monkeypatch.setattr(process, "run", run)
    return found


def test_costs_that_hang_are_told_and_tried_again_where_there_is_more_time_or_it_is_asked(
    tmp_path: Path, hanging: list[float]
) -> None:
    def measured(seconds: float, again: bool, told: str) -> Record:
        with pytest.warns(UserWarning, match=told):
            phase.measure([SUBJECT], set(), [], tmp_path, Quiet(), seconds, again)
        return load(cost_key(SUBJECT.cell), tmp_path)

    found = measured(7.0, False, "the costs of unet could not be measured: longer than 7")
    assert (found.status, found.parts, found.costs) == ("timeout", [], {})
    assert measured(7.0, False, "unet are not measured: longer than 7; `mdf benchmark --retry timeout`") == found
    measured(7.0, True, "longer than 7")
    measured(8.0, False, "longer than 8")
    assert hanging == [7.0, 7.0, 8.0]


def test_a_forecast_that_hangs_is_made_no_second_time_in_as_much(tmp_path: Path, hanging: list[float]) -> None:
    for seconds, again, why in (
        (60.0, False, "longer than 60"),
        (60.0, False, "in 1m; `mdf benchmark --retry timeout`"),
        (30.0, False, "in 30s; `mdf benchmark --retry timeout`"),
        (60.0, True, "longer than 60"),
        (90.0, False, "longer than 90"),
    ):
        with pytest.warns(UserWarning, match=f"what unet takes could not be foreseen.* {why}"):
            assert foresee.foresee([SUBJECT], [], tmp_path, Quiet(), seconds, again) == {"a": {}}
    assert hanging == [60.0, 60.0, 90.0]


@pytest.mark.parametrize(
    ("asked", "again"), [({}, False), ({"rerun": True}, True), ({"retry": "timeout"}, True), ({"retry": "oom"}, False)]
)
def test_what_hung_is_tried_again_where_the_user_asks_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any], again: bool
) -> None:
    """`mdf.train` makes every trial again that did not end well, which asks for no forecast."""

    class ForeseenError(Exception):
        """Carries what the forecast was asked for."""

    def foreseen(*given: object) -> None:
        raise ForeseenError(given[-1])

    monkeypatch.setattr(foresee, "foresee", foreseen)
    surveyed = SimpleNamespace(leaks=(), left_out="", unreadable={})
    monkeypatch.setattr(run, "survey", lambda configs, *_, **__: [surveyed for _ in configs])
    monkeypatch.setattr(run, "plan", lambda *_, **__: ([], tmp_path / "study"))
    begin = api.benchmark if "retry" in asked else api.train
    with pytest.raises(ForeseenError) as caught:
        begin(encoder="unet", runs=tmp_path, **asked)
    assert caught.value.args == (again,)


@pytest.mark.parametrize("ends", ["ok", "timeout", "failed"])
def test_what_is_measured_while_a_forecast_is_made_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    """By another command in the same runs folder."""
    key = cost_key(SUBJECT.cell)

    def run(*_: object, **__: object) -> dict[str, float]:
        save(key, tmp_path, Record(measured={"latency_p50": 1.0}, status="ok", parts=phase.PARTS))
        if ends == "ok":
            return {"gmacs": 2.0}
        raise process.WorkerError(ends, "it hung")

    monkeypatch.setattr(process, "run", run)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it hung
        told = foresee.foresee([SUBJECT], [], tmp_path, Quiet(), 60.0)
    found = load(key, tmp_path)
    assert (found.measured, found.status) == ({"latency_p50": 1.0}, "ok")
    assert told["a"] == found.forecast == ({"gmacs": 2.0} if ends == "ok" else {})
    assert found.hung == ({"forecast": 60.0} if ends == "timeout" else {})


def test_what_hung_and_then_did_not_is_whole(tmp_path: Path, hanging: list[float], tried: list[str]) -> None:
    """`tried` stands in for the hanging job by now."""
    save(cost_key(SUBJECT.cell), tmp_path, Record(status="timeout", hung={ALL_PARTS: 5.0}))
    assert measure(tmp_path).status == "ok"
    assert (tried, hanging) == (list(phase.PARTS), [])


def test_a_single_step_is_tried_where_the_whole_measurement_hung(tmp_path: Path, tried: list[str]) -> None:
    save(cost_key(SUBJECT.cell), tmp_path, Record(status="timeout", hung={ALL_PARTS: 2 * process.PATIENCE}))
    with pytest.warns(UserWarning, match="the costs of unet are not measured"):
        measure(tmp_path)
    assert tried == []
    assert measure(tmp_path, cost_only=True).parts == ["single-step"]


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
