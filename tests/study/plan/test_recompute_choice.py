"""Maps are computed twice only where the training does not fit otherwise; the result is the same bit for bit."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from tiny_study import Diary, study

from mdf.core.config import validate
from mdf.core.errors import ConfigError
from mdf.runs.result import TrialResult
from mdf.study import prepare
from mdf.study.cell import Cell, LabelledCell
from mdf.study.costs.fit import Forecast, Memory
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


@pytest.fixture(scope="module")
def roomy(tmp_path_factory: pytest.TempPathFactory) -> TrialResult:
    """Trained where there is enough memory."""
    return trained(tmp_path_factory.mktemp("roomy"))


def trained(runs: Path, **keys: object) -> TrialResult:
    return study(runs, **{"settings": WIDE, "force": False, "loss": "l1", **keys}).results[0]


def stored(result: TrialResult) -> dict[str, object]:
    table: dict[str, object] = tomllib.loads((Path(result.folder) / "config.toml").read_text())["train"]
    return table


def test_a_study_that_fits_only_so_recomputes_and_has_the_same_result(
    roomy: TrialResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stored(roomy)["recompute"] == "off"
    forecasts = [
        record_of(trained(tmp_path / value, settings=[*WIDE, f"train.recompute={value}"])) for value in SETTINGS
    ]
    plain, sparing = (forecast.needed("cpu") for forecast in forecasts)
    assert sparing < plain
    monkeypatch.setattr(Memory, "now", lambda: Memory((plain + sparing) / 2))
    tight = trained(tmp_path / "tight")
    assert stored(tight)["recompute"] == "on"
    assert tight.id == roomy.id
    for name in ("weights.safetensors", "statistics.parquet", "history.json"):
        assert (Path(tight.folder) / name).read_bytes() == (Path(roomy.folder) / name).read_bytes()
    # its stored config does the same wherever it runs
    monkeypatch.setattr(Memory, "now", lambda: Memory(None))
    keys = {"config": Path(tight.folder) / "config.toml", "encoder": None, "loss": None, "steps": None, "settings": []}
    again = trained(tmp_path / "again", **keys)
    assert (again.id, stored(again)["recompute"]) == (tight.id, "on")
    monkeypatch.setattr(Memory, "now", lambda: Memory(1.0))
    with pytest.raises(ConfigError, match="cannot fit"):
        trained(tmp_path / "none", name="none")


SETTINGS = ("off", "on")


def record_of(result: TrialResult) -> Forecast:
    """The one forecast in the folder of its runs."""
    (place,) = (Path(result.folder).parents[1] / "costs").glob("*.json")
    return Forecast(**json.loads(place.read_text())["forecast"])
