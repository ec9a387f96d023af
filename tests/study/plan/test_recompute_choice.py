"""Maps are computed twice only where the training does not fit otherwise; the result is the same bit for bit."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from tiny_study import Diary, study

from mdf import api
from mdf.core.config import validate
from mdf.runs.result import TrialResult
from mdf.study import prepare
from mdf.study.cell import Cell, LabelledCell
from mdf.study.costs.memory_fit import Forecast, Memory
from mdf.study.costs.request import BenchRequest
from mdf.study.plan.forecasts import Forecaster
from mdf.workers.shared import SharedWorker

WIDE = ["data.train=8", "data.val=4", "data.test=4", "data.size=64", "encoder.width=16", "threads=1", 'device="cpu"']
NEEDS = {"off": Forecast(1.0, 1.0, 2.0 * 2**30), "on": Forecast(1.0, 1.0, 1.0 * 2**30)}
ENOUGH, BETWEEN, LITTLE = (Memory(gib * 2**30) for gib in (9.0, 2.0, 0.5))


def labelled(recompute: str, **table: object) -> LabelledCell:
    config = validate({"device": "cpu", "train": {"recompute": recompute}, **table})
    return LabelledCell("a", "unet", Cell(config, "data", "scene", ("mask",), {}, {}, "", "", ("cpu",), 1))


def made(_: SharedWorker, job: str, request: BenchRequest, **__: object) -> Forecast:  # noqa: ARG001
    return NEEDS[request.config.train.recompute]


@pytest.mark.parametrize(
    ("asked", "memory", "decided"),
    [
        ("auto", ENOUGH, "off"),
        ("auto", BETWEEN, "on"),
        ("auto", LITTLE, "on"),
        ("auto", Memory(None), "off"),
        ("on", ENOUGH, "on"),
        ("off", LITTLE, "off"),
    ],
)
def test_auto_is_on_only_where_the_forecast_does_not_fit_otherwise(
    asked: str, memory: Memory, decided: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Memory, "now", lambda: memory)
    monkeypatch.setattr(SharedWorker, "run", made)
    with prepare.helper(tmp_path) as worker:
        found = Forecaster([], tmp_path, Diary(), worker).forecast([labelled(asked)])
    (cell,) = found.cells
    assert cell.cell.config.train.recompute == decided
    assert found.forecasts == {"a": NEEDS[decided]}
    assert found.memory == memory


def test_a_method_without_a_network_recomputes_nothing(tmp_path: Path) -> None:
    with prepare.helper(tmp_path) as worker:
        found = Forecaster([], tmp_path, Diary(), worker).forecast([labelled("auto", predictor="absdiff")])
    assert found.cells[0].cell.config.train.recompute == "off"
    assert found.forecasts == {"a": None}


def trained(runs: Path) -> TrialResult:
    return study(runs, settings=WIDE, force=False, loss="l1").results[0]


def stored(result: TrialResult) -> str:
    table = tomllib.loads((Path(result.folder) / "config.toml").read_text())
    return str(table["train"]["recompute"])


def test_a_trial_that_fits_only_so_recomputes_and_has_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roomy = trained(tmp_path / "roomy")
    settings = [*WIDE, "train.recompute=on"]
    asked = {"encoder": "unet", "loss": "l1", "predictor": [], "steps": 2}
    (sparing,) = api.plan(runs=tmp_path / "on", settings=settings, observer=Diary(), **asked)
    (plain,) = (tmp_path / "roomy" / "costs").glob("*.json")
    needed = Forecast(**json.loads(plain.read_text())["forecast"]).needed("cpu")
    assert sparing.needed is not None
    assert sparing.needed < needed
    monkeypatch.setattr(Memory, "now", lambda: Memory((needed + sparing.needed) / 2))
    tight = trained(tmp_path / "tight")
    assert (stored(roomy), stored(tight)) == ("off", "on")
    assert tight.id == roomy.id
    for name in ("weights.safetensors", "statistics.parquet", "history.json"):
        assert (Path(tight.folder) / name).read_bytes() == (Path(roomy.folder) / name).read_bytes()
    (again,) = api.cells(config=Path(tight.folder) / "config.toml", predictor=[])
    assert again.train.recompute == "on", "its stored config decides it wherever it runs"
