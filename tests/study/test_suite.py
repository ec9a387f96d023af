"""`mdf benchmark --suite real`: models and methods on every scene below a folder, a number for each, and their mean."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from built_in_data import make_real
from tiny_study import Diary
from trained_run import runs, trained  # noqa: F401 - fixtures

from mdf import api
from mdf.cli import main
from mdf.core.errors import ConfigError, UnknownNameError
from mdf.models import locate

DRAWN = ["data.train=8", "data.val=4", "data.test=4", "data.size=32", "threads=1"]
QUICK = {"costs": False, "force": True, "pictures": False, "settings": DRAWN}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven scenes of two layouts, and one that is broken."""
    folder = make_real(tmp_path_factory.mktemp("real") / "scenes")
    broken = shutil.copytree(folder / "street", folder / "night" / "alley")
    (broken / "input" / "in000002.png").unlink()
    return folder


def test_every_scene_has_its_score_and_the_broken_one_is_named(
    root: Path,
    trained: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    asked = {"suite": "real", "data_root": root, "model": [str(trained)], "predictor": ["absdiff"], "runs": tmp_path}
    diary = Diary()
    report = api.benchmark(observer=diary, **asked, **QUICK)
    assert [row.label for row in report.rows] == ["absdiff", f"{trained.name} · trained elsewhere"]
    assert [warning for warning in diary.warnings if "the scene alley is left out" in warning]
    conditions = [column.condition for column in report.columns if column.condition]
    assert conditions == ["mean over scenes", "worst scene", *(f"own/room{number}" for number in range(6)), "street"]
    assert {column.metric for column in report.columns if column.on == "real"} == {"iou", "fmeasure", "ece"}
    stored = json.loads((report.folder / "report.json").read_text())["rows"][1]["values"]
    scores = [stored[f"real: mask IoU · {name}"]["value"] for name in conditions[2:]]
    assert stored["real: mask IoU · mean over scenes"]["value"] == pytest.approx(sum(scores) / 7)
    assert stored["real: mask IoU · mean over scenes"]["half_width"] > 0
    again = Diary()
    assert api.benchmark(observer=again, **asked, **QUICK).ok
    assert [kept for _, _, kept in again.finished] == [True, True]


def test_methods_see_frames_at_one_size_and_models_at_their_own(root: Path, trained: Path) -> None:  # noqa: F811
    cells = api.cells(suite="real", data_root=root, model=[str(trained)], predictor="absdiff")
    assert [cell.size for cell in cells] == [(240, 320), None]
    cells = api.cells(suite="real", data_root=root, model=[str(trained)], predictor="absdiff", size=96)
    assert [cell.size for cell in cells] == [(96, 96), (96, 96)]


def test_without_a_model_all_that_come_with_mdf_are_scored_and_nothing_is_trained(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("mdf-base", "mdf-small"):
        (tmp_path / f"{name}.safetensors").touch()
    monkeypatch.setattr(locate, "SHIPPED", tmp_path)
    cells = api.cells(suite="real", data_root=root)
    assert [cell.model.run for cell in cells if cell.model] == ["mdf-base", "mdf-small"]
    assert [cell.predictor.name for cell in cells if cell.predictor] == ["absdiff", "mog2", "knn"]
    assert not [cell for cell in cells if cell.trains]
    trained_too = api.cells(suite="real", data_root=root, model="none", predictor="none", encoder="unet", steps=5)
    assert [(cell.trains, cell.eval_data[0].name) for cell in trained_too] == [(True, f"real:{root}")]


def test_mistakes_are_told_with_their_cure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError, match="needs a folder of scenes"):
        api.cells(suite="real")
    with pytest.raises(ConfigError, match="there is no folder"):
        api.cells(suite="real", data_root=tmp_path / "gone")
    with pytest.raises(UnknownNameError, match="no suite `reel`"):
        api.cells(suite="reel", data_root=tmp_path)
    with pytest.raises(ConfigError, match="no suite is named"):
        api.cells(data_root=tmp_path)
    assert main(["benchmark", "--suite", "real", "--runs", str(tmp_path)]) == 2
    assert "--data-root PATH" in capsys.readouterr().err


def test_the_command_prints_a_row_for_each_scene(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [part for setting in DRAWN for part in ("--set", setting)]
    asked = ["benchmark", "--suite", "real", "--data-root", str(root), "--predictor", "absdiff", "--model", "none"]
    assert main([*asked, "--runs", str(tmp_path), "--no-costs", "--no-pictures", "--force", *options]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["mean", "over", "scenes"] in [line[:3] for line in lines]
    assert {"own/room0", "own/room5", "street"} <= {line[0] for line in lines if line}
