"""A trained network as a row: scored as it is beside others, never trained, and known by its content."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tiny_study import SCENES, Diary
from trained_run import QUICK, TINY, runs, trained  # noqa: F401 - fixtures

import mdf
from mdf import api
from mdf.core.errors import ConfigError
from mdf.report.report import StudyReport
from mdf.runs.result import WEIGHTS


def scored(folder: Path, models: list[Any], diary: Diary | None = None, **keys: Any) -> StudyReport:
    """`mdf.benchmark` of stored networks on the test split that `trained` has."""
    data = [setting for setting in TINY if setting.startswith("data.")]
    asked: dict[str, Any] = {"predictor": [], "settings": [*data, "threads=1"], "pictures": False, **QUICK, **keys}
    return api.benchmark(model=models, runs=folder, observer=diary or Diary(), **asked)


def test_it_scores_what_the_run_itself_scored_and_trains_nothing(trained: Path, tmp_path: Path) -> None:  # noqa: F811
    own = json.loads((trained / "result.json").read_text())["scores"]
    (result,) = scored(tmp_path / "runs", [str(trained)]).results
    assert result.scores == pytest.approx(own, rel=1e-6)
    assert result.best_step is None
    assert "train_seconds" not in result.costs
    assert result.costs["parameters"] > 0
    assert json.loads((Path(result.folder) / "history.json").read_text()) == []


def test_it_stands_beside_trained_cells_and_methods_and_says_where_it_comes_from(
    trained: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    more = {"encoder": "unet", "predictor": ["absdiff"], "steps": 2, "settings": TINY}
    report = scored(tmp_path / "runs", [str(trained)], **more)
    assert [row.label for row in report.rows] == [
        "unet · mask bce, depth l1",
        "absdiff",
        f"{trained.name} · trained elsewhere",
    ]
    assert any(note.startswith(f"{trained.name} · trained elsewhere: scored as it is") for note in report.notes)
    assert {len(row.trials) for row in scored(tmp_path / "runs", [str(trained)], seeds=3, **more).rows} == {3, 1}


def test_its_costs_are_measured_those_of_training_are_not(trained: Path, tmp_path: Path) -> None:  # noqa: F811
    (result,) = scored(tmp_path / "runs", [str(trained)], costs=True).results
    assert {"parameters", "gmacs", "inference_memory", "latency_p50", "images_per_second"} <= result.costs.keys()
    assert not {"peak_memory", "train_images_per_second", "train_seconds"} & result.costs.keys()


def test_the_second_time_it_is_kept_and_other_weights_are_another_trial(trained: Path, tmp_path: Path) -> None:  # noqa: F811
    folder, diary = tmp_path / "runs", Diary()
    first = scored(folder, [str(trained)]).results[0]
    copied = tmp_path / "elsewhere" / trained.name
    shutil.copytree(trained, copied)
    assert scored(folder, [str(copied)], diary).results[0].id == first.id
    assert diary.finished[0][2]  # kept from before
    content = bytearray((copied / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (copied / WEIGHTS).write_bytes(content)
    assert scored(folder, [str(copied)]).results[0].id != first.id
    assert scored(folder, [str(trained)], size=48).results[0].config["size"] == [48, 48]


def test_what_it_may_have_seen_is_told_and_training_data_are_refused(trained: Path, tmp_path: Path) -> None:  # noqa: F811
    diary = Diary()
    scored(tmp_path / "runs", [str(trained)], diary, settings=[*SCENES, "data.seed=7", "threads=1"])
    assert [warning for warning in diary.warnings if "may have seen some of what is scored" in warning]
    quiet = Diary()
    scored(tmp_path / "runs", [str(trained)], quiet)
    assert not [warning for warning in quiet.warnings if "seen" in warning]
    alone = mdf.train(encoder="unet", heads="depth", steps=1, settings=TINY, runs=tmp_path / "alone", force=True)
    with pytest.raises(ConfigError, match="none of the tasks asked for"):
        scored(tmp_path / "runs", [alone.results[0].folder], heads="mask")


def test_its_own_config_runs_it_again(trained: Path, tmp_path: Path) -> None:  # noqa: F811
    (first,) = scored(tmp_path / "runs", [str(trained)]).results
    shutil.copytree(trained.parent, tmp_path / "runs" / "from")  # where its name is found
    again = api.benchmark(config=Path(first.folder) / "config.toml", runs=tmp_path / "runs", pictures=False, **QUICK)
    assert [result.id for result in again.results] == [first.id]


def test_it_enlarges_small_images_as_its_config_says(trained: Path, tmp_path: Path) -> None:  # noqa: F811
    enlarging = tmp_path / "enlarging"
    shutil.copytree(trained, enlarging)
    config = (enlarging / "config.toml").read_text()
    (enlarging / "config.toml").write_text(config.replace("enlarge_to = 0\n", "enlarge_to = 200\n"))
    plain, enlarged = scored(tmp_path / "runs", [str(trained), str(enlarging)]).results
    assert "enlarge_to = 200\n" in (Path(enlarged.folder) / "config.toml").read_text()
    assert plain.scores != enlarged.scores
