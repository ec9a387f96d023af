"""Killed at any moment, the same command goes on where it stopped and ends with the same table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tiny_study import ROOT, SMALL, command, leftovers

from mdf.runs.listing import list_runs

KILLS, SEED = 20, 7
GRID = [
    *("--encoder", "unet", "--predictor", "none", "--steps", "4", "--name", "night", "--workers", "2"),
    *(part for loss in ("l1", "mse") for part in ("--loss", loss)),
    *(part for seed in range(6) for part in ("--seed", str(seed))),
]
CELLS = 12
TINY = [*SMALL, "data.train=8", "data.val=4", "data.test=4"]


def table(runs: Path) -> list[dict[str, Any]]:
    """All that the report says of each trial, timings and places aside."""
    trials = json.loads((runs / "night" / "report.json").read_text())["trials"]
    return [
        {**{k: v for k, v in t.items() if k not in ("costs", "folder")}, "parameters": t["costs"]["parameters"]}
        for t in trials
    ]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kills a process group of POSIX")
def test_a_study_killed_twenty_times_ends_with_the_uninterrupted_table(tmp_path: Path) -> None:
    calm, harassed = (command(*GRID, runs=tmp_path / name, settings=TINY)[3:] for name in ("calm", "harassed"))
    asked = {"kills": KILLS, "seed": SEED, "calm": calm, "harassed": harassed, "folder": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parents[1] / "killer.py")],
        input=json.dumps(asked),
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["codes"] == [0, 0], told["log"]
    assert told["kills"] == KILLS
    assert told["in_trials"] > KILLS / 2
    assert len(table(tmp_path / "harassed")) == CELLS
    assert table(tmp_path / "harassed") == table(tmp_path / "calm")
    runs = tmp_path / "harassed" / "night"
    for trial in (tmp_path / "calm" / "night").glob("*/result.json"):
        same = trial.parent / "weights.safetensors", runs / trial.parent.name / "weights.safetensors"
        assert same[0].read_bytes() == same[1].read_bytes()
    folders = [path for path in runs.iterdir() if path.is_dir()]
    assert len(folders) == CELLS
    assert not [path for folder in folders for path in leftovers(folder)]
    listing = list_runs(tmp_path / "harassed")
    assert not listing.damaged
    assert [(run.status, run.attempts) for run in listing.runs] == [("ok", 1)] * CELLS
