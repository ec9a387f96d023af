"""`mdf plan` as a user meets it: a row a cell, numbers before anything is trained, pure JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mdf.cli import main
from mdf.study.costs.memory_fit import Memory

SMALL = ["data.train=24", "data.val=8", "data.test=8", "data.size=32", "encoder.width=4", "encoder.depth=2"]
ASKED = ["--encoder", "unet", "--loss", "l1", "--loss", "mse", "--predictor", "absdiff", "--steps", "30"]
ASKED += ["--threads", "1", "--device", "cpu", *(part for setting in SMALL for part in ("--set", setting))]


def test_a_plan_tells_what_each_cell_takes_and_trains_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = tmp_path / "runs"
    readings = iter([Memory(1e11)])  # one for all cells: memory that is read again may have changed
    monkeypatch.setattr(Memory, "now", lambda: next(readings))
    assert main(["plan", "--json", "--runs", str(runs), *ASKED]) == 0
    l1, mse, absdiff = json.loads(capsys.readouterr().out)
    assert (l1["label"], mse["label"], absdiff["label"]) == ("unet · depth l1", "unet · depth mse", "absdiff")
    assert {**l1, "label": ""} == {**mse, "label": ""}
    assert l1["parameters"] > 1000
    assert l1["gmacs"] > 0
    assert 2**20 < l1["peak_memory"] < l1["needed"] < l1["room"]
    assert (l1["fits"], l1["room"], l1["recompute"]) == (True, 1e11, False)
    assert l1["train_seconds"] > 0
    assert absdiff["peak_memory"] is None
    assert not list(runs.rglob("result.json"))
    assert not list(runs.rglob("study.json"))
