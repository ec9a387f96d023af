"""Runtimes as an axis of costs: each has its columns, is measured once, and what fails tells why."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from tiny_study import Diary, study

from mdf.api import conduct
from mdf.core.config import validate
from mdf.core.errors import ConfigError, UnknownNameError
from mdf.report.columns import columns_of, format_value
from mdf.report.formats.to_csv import to_csv
from mdf.runs.result import TrialResult
from mdf.study.cell import Cell, LabelledCell
from mdf.study.costs.runtimes.phase import measure_in_runtimes
from mdf.study.costs.runtimes.request import CostRuntime, RuntimeCosts, RuntimesRequest
from mdf.workers.local import LocalExecutor
from mdf.workers.shared import SharedWorker

CELL = Cell(validate({"device": "cpu"}), "data", "scene", ("mask",), {}, {}, "", "", ("cpu",), 1)
METHOD = Cell(validate({"predictor": "absdiff"}), "data", "scene", ("mask",), {}, {}, "", "", ("cpu",), 1)
TRIALS = [LabelledCell("a", "unet", CELL), LabelledCell("b", "the same", CELL), LabelledCell("c", "absdiff", METHOD)]


def test_each_runtime_and_version_has_columns_of_its_own() -> None:
    first = {"frame_p50@onnx 1": 0.0042, "process_memory@onnx 1": 3 * 2.0**20, "latency_p50": 0.01}
    second = {"frame_p50@onnx 2": 1.0}
    found = columns_of([TrialResult("a", "a", "ok", {}, costs=costs) for costs in (first, second)])
    titles = ["latency p50 [ms]", "onnx 1: frame [ms]", "onnx 1: process memory [MiB]", "onnx 2: frame [ms]"]
    assert [column.title for column in found] == titles
    assert all(column.is_main and column.is_cost and not column.higher_is_better for column in found)
    assert format_value("frame_p50@onnx 1", 0.0042) == "4.2"
    assert format_value("process_memory@onnx 1", 3 * 2.0**20) == "3"


def test_each_network_is_measured_once_in_each_runtime_and_again_where_it_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def run(_: SharedWorker, job: str, request: RuntimesRequest, **__: object) -> dict[str, RuntimeCosts]:  # noqa: ARG001
        asked.append(list(request.names))
        fine = RuntimeCosts({"frame_p50": 0.1})
        return {name: RuntimeCosts(reason="it is off by 1") if name == "wrong" else fine for name in request.names}

    monkeypatch.setattr(SharedWorker, "run", run)
    runtimes, diary = [CostRuntime("onnx", "onnx 1"), CostRuntime("wrong", "wrong 1")], Diary()
    for _ in range(2):
        measure_in_runtimes(TRIALS, runtimes, [], tmp_path, diary, LocalExecutor())
    assert asked == [["onnx", "wrong"], ["wrong"]]
    assert diary.warnings == ["unet could not be measured in wrong 1: it is off by 1"] * 2
    measure_in_runtimes(TRIALS, [CostRuntime("onnx", "onnx 2")], [], tmp_path, diary, LocalExecutor())
    assert asked[2:] == [["onnx"]]


def test_a_study_has_the_costs_of_each_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxscript")
    pytest.importorskip("onnxruntime")
    monkeypatch.setattr(conduct.phase, "measure_trials", lambda *_: None)
    report = study(tmp_path / "runs", predictor=["absdiff"], costs=True, runtimes=["torch", "onnx"])
    network, method = report.results
    in_onnx, in_torch = sorted(key for key in network.costs if key.startswith("frame_p50@"))
    assert (in_onnx.split()[0], in_torch.split()[0]) == ("frame_p50@onnx", "frame_p50@torch")
    memory = {key.split("@")[1].split()[0]: x for key, x in network.costs.items() if key.startswith("process_memory@")}
    assert 0 < memory["onnx"] < memory["torch"]
    assert not any("@" in key for key in method.costs)
    lines = [line for line in csv.DictReader(io.StringIO(to_csv(report))) if line["key"] == in_onnx and line["trial"]]
    assert [float(line["value"]) for line in lines] == [pytest.approx(1000 * network.costs[in_onnx])]
    assert in_onnx.partition("@")[2] + ": frame [ms]" in report.to_markdown()


def test_what_cannot_be_measured_is_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="leave out `--no-costs`"):
        study(tmp_path / "runs", runtimes=["torch"])
    with pytest.raises(UnknownNameError, match="onxx"):
        study(tmp_path / "runs", costs=True, runtimes=["onxx"])
