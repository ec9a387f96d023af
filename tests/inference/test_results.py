"""Requests and results are plain: a parent process uses them without torch, and they are JSON as they stand."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from dataclasses import asdict

from mdf.core.levels import Levels
from mdf.inference.pair_fit import PairFit
from mdf.inference.results import Evaluation, GroupScores, PredictedFiles, ScoreColumn, StoredArray, VideoRecord

EVALUATION = Evaluation(
    "run",
    "scenes",
    "test",
    (ScoreColumn("mask/iou", "mask IoU"),),
    (GroupScores("all samples", 4, {"mask/iou": 0.5}),),
    ("a note",),
)
RECORD = VideoRecord(
    source="street.mp4",
    background="auto",
    background_depth="",
    run="runs/a",
    size=(4, 5),
    network_size=(32, 32),
    files={"mask": "street-mask.mp4"},
    values={"mask": Levels("mask", "probability", "", 8, 1 / 255, 0.0), "normals": StoredArray("normals", "", 3)},
    calibration={"mask": {"temperature": 1.25, "threshold": 0.5}},
    fit=PairFit(0.75, (0, 0), 1.0, 0.25, ""),
    frames=(0, 9),
    frames_per_second=25.0,
    drawn_from_to={"mask": (0.0, 1.0)},
    looked_at=1,
    doubtful=(),
)


def test_they_need_no_torch() -> None:
    code = (
        "import sys\nimport mdf.inference.request, mdf.inference.results, mdf.inference.predict\n"
        "assert 'torch' not in sys.modules and 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_they_are_json_and_cross_to_a_worker() -> None:
    written = PredictedFiles("runs/a", 9, 1.5, ("a.png", "b.png"))
    for result in (EVALUATION, RECORD, written):
        assert pickle.loads(pickle.dumps(result)) == result
        assert json.loads(json.dumps(asdict(result)))
    stored = json.loads(json.dumps(asdict(RECORD)))
    assert stored["size"] == [4, 5]
    assert stored["values"]["mask"]["bits"] == 8
    assert stored["values"]["normals"] == {"task": "normals", "unit": "", "channels": 3}
    assert json.loads(json.dumps(asdict(EVALUATION)))["groups"][0]["scores"] == {"mask/iou": 0.5}
