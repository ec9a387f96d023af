"""Results on disk: committed last and whole, found again by path, start of an id, or `latest`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mdf.core.errors import MdfError
from mdf.core.files import read_json, whole, write_json, write_text
from mdf.runs.find import find_run
from mdf.runs.result import RESULT, TrialResult, commit, load
from mdf.runs.studies import write_study


def committed(runs: Path, study: str, name: str, age: int = 0, **fields: object) -> Path:
    folder = runs / study / name
    commit(folder, TrialResult(id=name, label=name, status="ok", config={}, **fields))
    stamp = 1_700_000_000 - age
    os.utime(folder / RESULT, (stamp, stamp))
    return folder


def test_a_result_comes_back_as_it_was(tmp_path: Path) -> None:
    folder = committed(tmp_path, "s", "abc", scores={"mask/iou": 0.5}, best_step=7)
    found = load(folder)
    assert (found.scores, found.best_step, found.folder) == ({"mask/iou": 0.5}, 7, str(folder))


def test_a_score_that_measured_nothing_is_null_on_disk_and_nan_again(tmp_path: Path) -> None:
    folder = committed(tmp_path, "s", "abc", scores={"mask/iou": float("nan")})
    assert json.loads((folder / RESULT).read_text())["scores"] == {"mask/iou": None}
    assert str(load(folder).scores["mask/iou"]) == "nan"


def test_runs_are_found_by_path_start_and_latest(tmp_path: Path) -> None:
    old, new = committed(tmp_path, "s", "abc1", age=50), committed(tmp_path, "t", "abd2", age=5)
    assert find_run(str(old), tmp_path) == old
    assert find_run("abc", tmp_path) == old
    assert find_run("latest", tmp_path) == new


def test_the_same_trial_in_two_studies_is_not_ambiguous(tmp_path: Path) -> None:
    committed(tmp_path, "s", "abc1", age=50)
    newer = committed(tmp_path, "t", "abc1", age=5)
    assert find_run("abc1", tmp_path) == newer


@pytest.mark.parametrize(("text", "what"), [("ab", "start of 2 runs"), ("zz", "there is no run `zz`")])
def test_what_means_none_or_several_is_told(tmp_path: Path, text: str, what: str) -> None:
    committed(tmp_path, "s", "abc1")
    committed(tmp_path, "s", "abd2")
    with pytest.raises(MdfError, match=what) as caught:
        find_run(text, tmp_path)
    assert caught.value.hint


def test_a_study_is_none_of_its_runs(tmp_path: Path) -> None:
    folder = committed(tmp_path, "night", "abc1").parent
    write_study(folder, {"abc1": "unet"})
    for text in ("night", "nig", str(folder)):
        with pytest.raises(MdfError, match=f"`{text}` names a study.*: abc1") as caught:
            find_run(text, tmp_path)
        assert "mdf runs list --study night" in caught.value.hint


def test_a_study_without_a_run_has_no_latest(tmp_path: Path) -> None:
    write_study(tmp_path / "night", {"abc1": "unet"})
    with pytest.raises(MdfError, match="there is no run `latest`"):
        find_run("latest", tmp_path)


def test_nothing_names_no_run_even_where_there_is_one_alone(tmp_path: Path) -> None:
    committed(tmp_path, "s", "abc1")
    with pytest.raises(MdfError, match="there is no run ``"):
        find_run("", tmp_path)


def test_no_runs_at_all_are_told(tmp_path: Path) -> None:
    with pytest.raises(MdfError) as caught:
        find_run("latest", tmp_path / "nowhere")
    assert caught.value.hint


@pytest.mark.parametrize("text", ["", "{", "[]", '{"id": "x"}', '{"id": "x", "scores": 3}'])
def test_a_damaged_result_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / RESULT).write_text(text)
    with pytest.raises(MdfError) as caught:
        load(tmp_path)
    assert RESULT in caught.value.message
    assert "remove" in caught.value.hint


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file.txt"
    write_text(path, "first")

    def fail() -> None:
        with whole(path) as beside:
            beside.write_text("half")
            raise RuntimeError("power is gone")

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "first"
    assert [p.name for p in path.parent.iterdir()] == ["file.txt"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MdfError, match="cannot write"):
        write_json(tmp_path / "file" / "x.json", {})


def test_json_has_no_nan(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", {"a": [float("nan"), {"b": float("-inf")}, 1.5], 3: (1,)})
    assert read_json(tmp_path / "x.json") == {"a": [None, {"b": None}, 1.5], "3": [1]}
