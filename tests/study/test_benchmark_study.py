"""A benchmark from its cells to its report: kept results, the same bytes for the same seed, sets without depth."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from tiny_study import SCENES, SMALL, Diary, leftovers, study

from mdf import api
from mdf.core.errors import ConfigError, DataError, MdfError
from mdf.core.progress import Epoch, Stage
from mdf.data.pictures.contact_sheet import GAP, PANEL
from mdf.report.report import StudyReport
from mdf.runs.find import find_run
from mdf.runs.result import TrialResult

PREDICTORS = ["absdiff", "mean-depth"]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[StudyReport, Diary]:
    """Two networks and two methods that learn nothing."""
    diary = Diary()
    runs = tmp_path_factory.mktemp("first") / "runs"
    return study(runs, diary, loss=["l1", "mse"], predictor=PREDICTORS), diary


def weights(result: TrialResult) -> bytes:
    return (Path(result.folder) / "weights.safetensors").read_bytes()


def test_every_cell_is_a_row_with_scores_and_costs(first: tuple[StudyReport, Diary]) -> None:
    report, diary = first
    assert report.ok
    assert [r.label for r in report.results] == ["unet · depth l1", "unet · depth mse", *PREDICTORS]
    network, _, absdiff, mean_depth = report.results
    assert {"mask/iou", "depth/rmse"} <= set(network.scores)
    assert network.costs["parameters"] > 1000
    assert {c.split("/")[0] for c in absdiff.scores} == {"mask"}
    assert set(mean_depth.scores) == {"depth/rmse"}
    assert len(diary.started) == 4
    assert any(isinstance(e, Stage) for e in diary.events)
    assert sorted(e.step for e in diary.events if isinstance(e, Epoch)) == sorted([0, 1, 2] * 2)


def test_scores_that_a_method_has_not_are_dashes(first: tuple[StudyReport, Diary]) -> None:
    report, _ = first
    rmse = next(c for c in report.columns if c.key == "depth/rmse")
    assert [report.text(row, rmse) for row in report.rows][2] == "–"
    rows = [line for line in report.to_markdown().splitlines() if line.startswith("| absdiff")]
    assert "–" in rows[0]


def test_a_study_is_judged_and_judged_again_from_its_files(first: tuple[StudyReport, Diary]) -> None:
    report, _ = first
    pairs = [(c.a, c.b) for c in report.verdict.comparisons if c.column == "mask IoU"]
    one, other = "unet · depth l1", "unet · depth mse"
    assert pairs == [(one, other), (one, "absdiff"), (other, "absdiff")]
    assert all(c.words == "single run: data noise only" for c in report.verdict.comparisons)
    again = api.compare(report.folder)
    assert again.verdict == report.verdict
    (pair,) = api.compare(report.folder, "absdiff", "mse").verdict.comparisons[:1]
    assert (pair.a, pair.b) == ("absdiff", other)


def test_every_file_of_a_trial_is_there_and_whole(first: tuple[StudyReport, Diary]) -> None:
    report, _ = first
    network, _, absdiff, _ = (Path(r.folder) for r in report.results)
    common = {"config.toml", "environment.json", "history.json", "statistics.parquet", "gallery.png", "gallery.json"}
    assert common <= {p.name for p in absdiff.iterdir()}
    assert common | {"weights.safetensors", "model.json", "result.json"} <= {p.name for p in network.iterdir()}
    assert {"study.json", "report.json", "report.md", "report.png"} <= {p.name for p in report.folder.iterdir()}
    assert not leftovers(report.folder.parent)
    assert not (report.folder.parent / ".survey.log").exists()


def test_the_picture_shows_the_same_frames_in_every_column(first: tuple[StudyReport, Diary]) -> None:
    """Background, frame, two truths, and what two networks and two methods say: 6 samples of 8 columns."""
    report, _ = first
    predictions = 2 * 2 + 1 + 1  # each network mask and depth, each method its own task
    with Image.open(report.folder / "report.png") as picture:
        width, height = picture.size
    assert width == (4 + predictions) * (PANEL + GAP) + GAP
    assert 6 * (PANEL + GAP) < height < 7 * (PANEL + GAP)


def test_the_second_time_everything_is_kept(first: tuple[StudyReport, Diary]) -> None:
    report, _ = first
    files = {p: p.stat().st_mtime_ns for r in report.results for p in Path(r.folder).iterdir()}
    diary = Diary()
    again = study(report.folder.parent, diary, loss=["l1", "mse"], predictor=PREDICTORS)
    assert diary.started == []
    assert [kept for *_, kept in diary.finished] == [True] * 4
    assert again.folder == report.folder
    assert again.to_markdown() == report.to_markdown()
    assert files == {p: p.stat().st_mtime_ns for p in files}


def test_a_wider_study_keeps_what_it_shares(first: tuple[StudyReport, Diary]) -> None:
    report, _ = first
    diary = Diary()
    wider = study(report.folder.parent, diary, loss=["l1", "depth=bce"], name="wider")
    assert [(label, kept) for label, _, kept in diary.finished] == [
        ("unet · depth l1", True),
        ("unet · depth bce", False),
    ]
    assert wider.folder.name == "wider"
    assert find_run("latest", report.folder.parent) == Path(wider.results[1].folder)


def test_the_same_seed_gives_the_same_bytes_elsewhere_and_another_does_not(
    first: tuple[StudyReport, Diary], tmp_path: Path
) -> None:
    here = first[0].results[0]
    there, other = study(tmp_path, loss="l1", seed=[0, 1]).results
    assert there.id == here.id
    assert weights(there) == weights(here)
    assert there.scores == here.scores
    for name in ("history.json", "statistics.parquet", "config.toml", "gallery.png"):
        assert (Path(there.folder) / name).read_bytes() == (Path(here.folder) / name).read_bytes()
    assert weights(other) != weights(here)


def test_the_stored_config_reruns_the_result(first: tuple[StudyReport, Diary], tmp_path: Path) -> None:
    here = first[0].results[1]
    again = study(tmp_path, config=Path(here.folder) / "config.toml", encoder=None, steps=None, settings=[])
    assert [r.id for r in again.results] == [here.id]
    assert weights(again.results[0]) == weights(here)


def test_a_set_without_depth_trains_the_mask_alone(tmp_path: Path) -> None:
    shapes = [*SMALL, "data.style=shapes"]
    report = study(tmp_path, settings=shapes, loss=["l1", "mse"], predictor=PREDICTORS)
    assert report.ok
    assert [r.label for r in report.results] == ["unet · mask bce", "absdiff"]  # both depth losses are one trial here
    assert all(c.key.startswith("mask/") for c in report.columns if c.protocol)
    assert any("mean-depth is left out" in note for note in report.notes)
    assert set(report.results[0].config["heads"]) == {"mask"}


@pytest.mark.slow
def test_real_frames_of_one_camera_are_marked_scene_specific(mdf_test_data: Path, tmp_path: Path) -> None:
    report = study(
        tmp_path,
        data=f"cdnet:{mdf_test_data / 'cdnet2014'}",
        size="48x64",
        settings=[s for s in SMALL if s not in SCENES],
        predictor=PREDICTORS,
    )
    assert report.ok
    assert [r.label for r in report.results] == ["unet · mask bce", "absdiff"]
    assert {r.split_by for r in report.results} == {"time"}
    assert any("scene-specific" in note for note in report.notes)
    assert "scene-specific" in report.to_markdown()


def test_report_files_say_what_the_report_says(first: tuple[StudyReport, Diary]) -> None:
    report, _ = first
    told = json.loads((report.folder / "report.json").read_text())
    assert [t["id"] for t in told["trials"]] == [r.id for r in report.results]
    assert told["trials"][0]["scores"] == dict(report.results[0].scores)
    assert told["notes"] == list(report.notes)
    assert (report.folder / "report.md").read_text() == report.to_markdown()
    assert any(note.startswith("1 seed") for note in report.notes)


@pytest.mark.parametrize("name", ["../out", "a/b", ".hidden", "/tmp/x", "a\nb"])
def test_a_name_that_is_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be a study's name"):
        study(tmp_path, name=name)


def test_a_runs_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MdfError, match="cannot make the folder") as caught:
        study(tmp_path / "file" / "runs")
    assert caught.value.hint


CRASH = """
from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec

@hookimpl
def mdf_schedules():
    return [Spec("crash", f"{__name__}:Crash", "Ends its process when it is made.", )]

def __getattr__(name):
    if name != "Crash":
        raise AttributeError(name)
    import os
    from mdf.core.schedule import Schedule
    class Crash(Schedule):
        def __init__(self, config): os._exit(7)
        def phases(self, steps, tasks, size): return []
    return Crash
"""


def test_a_crash_while_configurations_are_checked_is_told_with_its_log(tmp_path: Path) -> None:
    plugin = tmp_path / "crash_when_made.py"
    plugin.write_text(CRASH)
    with pytest.raises(MdfError, match=r"checking the configurations failed: .* exit code 7") as caught:
        study(tmp_path / "runs", schedule="crash", plugins=[str(plugin)])
    assert ".survey.log" in caught.value.hint


def test_data_that_are_not_there_are_told_before_anything_runs(tmp_path: Path) -> None:
    diary = Diary()
    with pytest.raises(DataError, match="nowhere"):
        study(tmp_path / "runs", diary, data=f"cdnet:{tmp_path / 'nowhere'}", settings=[])
    assert diary.started == []
