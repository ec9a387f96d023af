"""A trial's attempts: none overwritten, the last good one is the result, what was cut short goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdf.core.errors import MdfError
from mdf.runs.attempts import SETTLED, attempts_of, folders_of, planned, result_of, settled
from mdf.runs.find import find_run
from mdf.runs.result import TrialResult, commit
from mdf.runs.studies import find_study, results_of, write_study

KEY = "abc123"


def attempt(study: Path, name: str, status: str) -> Path:
    """An attempt that ended; with status "" one that was killed."""
    folder = study / name
    folder.mkdir(parents=True)
    if status:
        number = int(name.partition(".")[2] or 1)
        commit(folder, TrialResult(name.partition(".")[0], "unet", status, {}, attempt=number))
    return folder


@pytest.mark.parametrize(
    ("ended", "again", "folder"),
    [
        ([], (), KEY),
        (["ok"], (), KEY),
        (["failed"], (), KEY),
        (["timeout"], ["failed", "oom"], KEY),
        (["failed"], ["failed", "oom"], f"{KEY}.2"),
        (["ok"], SETTLED, f"{KEY}.2"),
        (["failed", "oom"], ["oom"], f"{KEY}.3"),
        (["failed", "ok"], ["failed"], f"{KEY}.2"),
        (["ok", "failed"], ["failed"], KEY),
        (["interrupted"], (), KEY),
        (["interrupted"], SETTLED, KEY),
        ([""], (), KEY),
        (["failed", ""], (), f"{KEY}.2"),
        (["failed", "interrupted"], ["failed"], f"{KEY}.2"),
        (["ok", ""], (), KEY),
        (["ok", ""], SETTLED, f"{KEY}.2"),
    ],
    ids=str,
)
def test_which_attempt_decides(tmp_path: Path, ended: list[str], again: list[str], folder: str) -> None:
    """Settled ones stand unless asked for again; one that was cut short goes on; a new one has a new folder."""
    for number, status in enumerate(ended, start=1):
        attempt(tmp_path / "night", KEY if number == 1 else f"{KEY}.{number}", status)
    assert planned(KEY, tmp_path / "night", again) == tmp_path / "night" / folder


def test_attempts_lie_where_the_first_lies(tmp_path: Path) -> None:
    attempt(tmp_path / "first", KEY, "failed")
    assert planned(KEY, tmp_path / "second", ["failed"]) == tmp_path / "first" / f"{KEY}.2"
    half = attempt(tmp_path / "first", "def456", "")
    assert planned("def456", tmp_path / "second", ()) == half


def test_the_result_is_the_last_good_attempt_else_the_last(tmp_path: Path) -> None:
    night = tmp_path / "night"
    assert result_of(KEY, tmp_path) is None
    for name, status in ((KEY, "failed"), (f"{KEY}.2", "ok"), (f"{KEY}.10", "oom")):
        attempt(night, name, status)
    assert [folder.name for folder in folders_of(KEY, tmp_path)] == [KEY, f"{KEY}.2", f"{KEY}.10"]
    result = result_of(KEY, tmp_path)
    assert result is not None
    assert (result.status, result.attempt) == ("ok", 2)
    assert find_run(KEY[:3], tmp_path) == night / f"{KEY}.2"
    assert find_run(f"{KEY}.10", tmp_path) == night / f"{KEY}.10"


def test_what_was_interrupted_is_not_settled(tmp_path: Path) -> None:
    assert settled(attempt(tmp_path, "a", "interrupted")) is None
    assert settled(attempt(tmp_path, "b", "")) is None
    assert settled(attempt(tmp_path, "c", "failed")) is not None


def test_a_trial_that_is_being_removed_is_not_there(tmp_path: Path) -> None:
    attempt(tmp_path / ".removed-night", KEY, "ok")
    assert folders_of(KEY, tmp_path) == []


def test_a_studys_results_are_in_its_order_with_its_labels_wherever_they_lie(tmp_path: Path) -> None:
    attempt(tmp_path / "first", KEY, "ok")
    attempt(tmp_path / "second", "def456", "failed")
    write_study(tmp_path / "second", {"def456": "its own", "000000": "never run", KEY: "shared"})
    assert [(r.id, r.label) for r in results_of(tmp_path / "second")] == [("def456", "its own"), (KEY, "shared")]


def test_a_study_is_found_by_folder_name_start_and_latest(tmp_path: Path) -> None:
    for name in ("night", "nightly"):
        write_study(tmp_path / name, {})
    night = tmp_path / "night"
    assert find_study(str(night), tmp_path) == find_study("night", tmp_path) == night
    assert find_study("nightl", tmp_path) == find_study("latest", tmp_path) == tmp_path / "nightly"
    with pytest.raises(MdfError, match="start of 2 studies"):
        find_study("nig", tmp_path)
    with pytest.raises(MdfError, match="no study `day`"):
        find_study("day", tmp_path)


def test_attempts_of_several_trials_are_found_in_one_look(tmp_path: Path) -> None:
    for name in (KEY, f"{KEY}.10", f"{KEY}.2", f".{KEY}.lock", "other", "third.2"):
        (tmp_path / "first" / name).mkdir(parents=True)
    (tmp_path / "second" / "third").mkdir(parents=True)
    found = attempts_of([KEY, "third", "missing"], tmp_path)
    assert found == {key: folders_of(key, tmp_path) for key in (KEY, "third", "missing")}
    assert [folder.name for folder in found[KEY]] == [KEY, f"{KEY}.2", f"{KEY}.10"]
