"""A trained run's own temperature and threshold: fitted on validation, stored, and used wherever its mask is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from trained_run import QUICK, TINY, runs, trained  # noqa: F401 - fixtures

import mdf
from mdf import api
from mdf.runs.result import MODEL


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has learned something."""
    folder = tmp_path_factory.mktemp("learned")
    report = mdf.train(encoder="unet", heads="mask", steps=40, settings=TINY, runs=folder, force=True)
    return Path(report.results[0].folder)


def stored(folder: Path) -> dict[str, float]:
    table: dict[str, float] = json.loads((folder / MODEL).read_text())["tasks"]["mask"]["calibration"]
    return table


def with_calibration(folder: Path, to: Path, **calibration: float) -> Path:
    """A copy of a run with another calibration."""
    to.mkdir(parents=True)
    for path in folder.iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    table = json.loads((to / MODEL).read_text())
    table["tasks"]["mask"]["calibration"] = calibration
    (to / MODEL).write_text(json.dumps(table))
    return to


def test_it_is_stored_with_the_model_and_used_for_its_own_test_score(learned: Path, tmp_path: Path) -> None:
    own = stored(learned)
    assert 0.1 <= own["temperature"] <= 10
    assert 0.05 <= own["threshold"] <= 0.95
    scores = json.loads((learned / "result.json").read_text())["scores"]
    assert api.evaluate(learned).groups[0].scores == pytest.approx(scores, rel=1e-6)
    blind = with_calibration(learned, tmp_path / "blind", temperature=own["temperature"], threshold=0.999)
    assert api.evaluate(blind).groups[0].scores["mask/iou"] < scores["mask/iou"]


def test_predictions_are_divided_by_the_temperature_and_cut_at_the_threshold(learned: Path, tmp_path: Path) -> None:
    plain = with_calibration(learned, tmp_path / "plain")
    own = with_calibration(learned, tmp_path / "own", temperature=2.0, threshold=0.2)
    bg, frame = np.random.default_rng(0).integers(0, 255, (2, 32, 32, 3), dtype=np.uint8)
    before, after = (mdf.load(folder, precision="fp32").predict(bg, frame) for folder in (plain, own))
    logits = torch.from_numpy(before.mask).double().logit()
    np.testing.assert_allclose(after.mask, (logits / 2).sigmoid().numpy(), atol=1e-5)
    assert after.foreground.dtype == bool
    assert np.array_equal(after.foreground, after.mask >= np.float32(0.2))
    assert np.array_equal(before.foreground, before.mask >= 0.5)


def test_a_threshold_that_is_set_is_another_column_than_each_models_own(learned: Path, tmp_path: Path) -> None:
    data = [setting for setting in TINY if setting.startswith("data.")]
    asked = {"model": [str(learned)], "predictor": ["absdiff"], "runs": tmp_path, "pictures": False, "heads": "mask"}
    own = mdf.benchmark(settings=data, **asked, **QUICK)
    fixed = mdf.benchmark(settings=[*data, 'metrics.mask=[{name="iou", threshold=0.5}]'], **asked, **QUICK)
    protocols = [report.results[0].columns[0]["protocol"]["aggregation"] for report in (own, fixed)]
    assert protocols == ["pooled over pixels, own threshold", "pooled over pixels, threshold 0.5"]
    assert own.results[0].scores["mask/iou"] == fixed.results[0].scores["mask/iou"]  # absdiff decides itself


def test_training_that_goes_on_from_it_is_fitted_anew(learned: Path, tmp_path: Path) -> None:
    odd = with_calibration(learned, tmp_path / "odd", temperature=9.0, threshold=0.9)
    report = mdf.train(
        encoder="unet", heads="mask", init=str(odd), steps=1, settings=TINY, runs=tmp_path / "runs", force=True
    )
    assert stored(Path(report.results[0].folder)) != {"temperature": 9.0, "threshold": 0.9}
