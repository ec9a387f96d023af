"""Which records of costs stand for the next study, and what a memory that did not suffice says."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mdf import api
from mdf.api import Quiet
from mdf.core.config import validate
from mdf.study import prepare
from mdf.study.cell import Cell, LabelledCell
from mdf.study.costs import phase
from mdf.study.costs.key import cost_key
from mdf.study.costs.memory_fit import Forecast, Memory
from mdf.study.costs.record import INFINITE, CostRecord, load, save
from mdf.study.costs.request import BenchRequest, MeasureRequest
from mdf.study.plan.forecasts import Forecasted, Forecaster
from mdf.workers.exit import WorkerError
from mdf.workers.local import LocalExecutor
from mdf.workers.process import PATIENCE
from mdf.workers.shared import SharedWorker

CONFIG = validate({"device": "cpu", "train": {"recompute": "off"}})
ALL_PARTS = "costs: training, inference, speed"
CELL = Cell(CONFIG, "data", "scene", ("mask",), {}, {}, "", "", ("cpu",), 1)
SUBJECT = LabelledCell("a", "unet", CELL)
KEY = cost_key(CELL)
PARTS = ["training", "inference", "speed"]
FORECAST = Forecast(1.0, 2.0, 3.0)


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The parts that are measured, in order, by something that takes no time."""
    parts: list[str] = []

    def run(_: SharedWorker, job: str, request: MeasureRequest, **__: object) -> dict[str, float]:  # noqa: ARG001
        parts.append(request.part)
        return {request.part: 1.0}

    monkeypatch.setattr(SharedWorker, "run", run)
    return parts


def measure(runs: Path, cost_only: bool = False) -> CostRecord:
    phase.measure_trials([SUBJECT], {"a"} if cost_only else set(), [], runs, Quiet(), LocalExecutor(), Memory.now())
    return load(KEY, runs)


def forecast(runs: Path, seconds: float, again: bool = False) -> Forecasted[LabelledCell]:
    with prepare.helper(runs) as worker:
        return Forecaster([], runs, Quiet(), worker, seconds, again).forecast([SUBJECT])


@pytest.mark.parametrize("status", ["oom", "failed"])
def test_what_failed_is_measured_by_the_next_study(tmp_path: Path, tried: list[str], status: str) -> None:
    save(KEY, tmp_path, CostRecord(status=status, reason="it was full"))
    found = measure(tmp_path)
    assert tried == PARTS
    assert (found.status, found.reason, found.measured) == ("ok", "", dict.fromkeys(PARTS, 1.0))


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What a job that hangs was given, in seconds, each time."""
    limits: list[float] = []

    def run(*_: object, time_limit: float, **__: object) -> None:
        limits.append(time_limit)
        raise WorkerError("timeout", f"longer than {time_limit:g}")

    monkeypatch.setattr(SharedWorker, "run", run)
    return limits


def test_costs_that_hang_are_warned_of_and_tried_again_where_there_is_more_time_or_it_is_asked(
    tmp_path: Path, hanging: list[float]
) -> None:
    def measured(seconds: float, again: bool, message: str) -> CostRecord:
        with pytest.warns(UserWarning, match=message):
            phase.measure_trials([SUBJECT], set(), [], tmp_path, Quiet(), LocalExecutor(), Memory.now(), seconds, again)
        return load(KEY, tmp_path)

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
        with pytest.warns(UserWarning, match=f"what unet takes could not be forecast.* {why}"):
            assert forecast(tmp_path, seconds, again).forecasts == {"a": None}
    assert hanging == [60.0, 60.0, 90.0]


@pytest.mark.parametrize(
    ("asked", "again"), [({}, False), ({"rerun": True}, True), ({"retry": "timeout"}, True), ({"retry": "oom"}, False)]
)
def test_what_hung_is_tried_again_where_the_user_asks_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any], again: bool
) -> None:
    """`mdf.train` makes every trial again that did not end well, which asks for no forecast."""

    class ForecastError(Exception):
        """Carries what the forecast was asked for."""

    def made(forecaster: Forecaster, _: object) -> None:
        raise ForecastError(forecaster.again)

    monkeypatch.setattr(Forecaster, "forecast", made)
    monkeypatch.setattr(prepare, "survey", lambda configs, *_, **__: [CELL for _ in configs])
    monkeypatch.setattr(prepare, "plan_trials", lambda *_, **__: ([], tmp_path / "study"))
    begin: Callable[..., Any] = api.benchmark if "retry" in asked else api.train
    with pytest.raises(ForecastError) as caught:
        begin(encoder="unet", runs=tmp_path, **asked)
    assert caught.value.args == (again,)


@pytest.mark.parametrize("ends", ["ok", "timeout", "failed"])
def test_what_is_measured_while_a_forecast_is_made_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    """By another command in the same runs folder."""

    def run(_: SharedWorker, job: str, request: BenchRequest, **__: object) -> Forecast:  # noqa: ARG001
        save(KEY, tmp_path, CostRecord(measured={"latency_p50": 1.0}, status="ok", parts=PARTS))
        if ends == "ok":
            return FORECAST
        raise WorkerError(ends, "it hung")

    monkeypatch.setattr(SharedWorker, "run", run)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it hung
        made = forecast(tmp_path, 60.0)
    found = load(KEY, tmp_path)
    assert (found.measured, found.status) == ({"latency_p50": 1.0}, "ok")
    assert made.forecasts["a"] == found.forecast == (FORECAST if ends == "ok" else None)
    assert found.hung == ({"forecast": 60.0} if ends == "timeout" else {})


def test_what_hung_and_then_did_not_is_whole(tmp_path: Path, hanging: list[float], tried: list[str]) -> None:
    """`tried` stands in for the hanging job by now."""
    save(KEY, tmp_path, CostRecord(status="timeout", hung={ALL_PARTS: 5.0}))
    assert measure(tmp_path).status == "ok"
    assert (tried, hanging) == (PARTS, [])


def test_a_single_step_is_tried_where_the_whole_measurement_hung(tmp_path: Path, tried: list[str]) -> None:
    save(KEY, tmp_path, CostRecord(status="timeout", hung={ALL_PARTS: 2 * PATIENCE}))
    with pytest.warns(UserWarning, match="the costs of unet are not measured"):
        measure(tmp_path)
    assert tried == []
    assert measure(tmp_path, cost_only=True).parts == ["single-step"]


def test_a_part_is_measured_whole_where_it_is_trained_and_never_the_other_way(tmp_path: Path, tried: list[str]) -> None:
    measure(tmp_path, cost_only=True)
    assert tried == ["single-step"]
    measure(tmp_path)
    assert tried == ["single-step", *PARTS]
    for cost_only in (True, False):
        measure(tmp_path, cost_only)
    assert tried == ["single-step", *PARTS]


def test_only_what_was_not_measured_is_infinite() -> None:
    assert CostRecord(status="oom", measured={"peak_memory": 5.0}).costs == {"peak_memory": 5.0}
    assert CostRecord(status="oom").costs == {"peak_memory": INFINITE}


def test_a_record_is_read_as_it_was_written_and_a_damaged_one_is_none(tmp_path: Path) -> None:
    written = CostRecord(FORECAST, {"latency_p50": 1.0}, "ok", PARTS, stamp={"device": "cpu"}, hung={"forecast": 5.0})
    save(KEY, tmp_path, written)
    assert load(KEY, tmp_path) == written
    place = tmp_path / "costs" / f"{KEY}.json"
    for table in ({"forecast": {"gmacs": 1.0}}, {"forecast": None, "other": 1}, {}, []):
        place.write_text(json.dumps(table))
        assert load(KEY, tmp_path) == CostRecord()
