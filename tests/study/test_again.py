"""The same command again: forced, with changed data, after a time-out, beside another process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny_study import SMALL, Diary, command, started, study

from mdf.core.errors import ConfigError, DataError
from mdf.data.open import Opened, check_unchanged
from mdf.runs.attempts import continue_timeout
from mdf.runs.commit import AttemptRecorder, what_counts
from mdf.runs.listing import list_runs
from mdf.runs.result import CHECKPOINT, TrialResult, commit, load


def test_rerun_keeps_what_there_was_and_a_killed_one_costs_nothing(tmp_path: Path) -> None:
    once = study(tmp_path).results[0]
    diary = Diary()
    again = study(tmp_path, diary, rerun=True).results[0]
    assert [kept for *_, kept in diary.finished] == [False]
    assert (once.attempt, again.attempt, again.id) == (1, 2, once.id)
    assert load(Path(once.folder)).ended == once.ended
    assert again.scores == once.scores
    assert [run.attempts for run in list_runs(tmp_path).runs] == [2]
    # a third that was killed half-way: what there is stands
    (Path(once.folder).with_name(f"{once.id}.3")).mkdir()
    diary = Diary()
    assert study(tmp_path, diary).results[0].attempt == 2
    assert [kept for *_, kept in diary.finished] == [True]


@pytest.mark.parametrize("retry", ["brocken", "ok", "failed;oom", ","])
def test_a_status_that_is_none_is_told_before_anything_runs(tmp_path: Path, retry: str) -> None:
    with pytest.raises(ConfigError, match="is not a status"):
        study(tmp_path, retry=retry)
    assert not list(tmp_path.iterdir())


def test_an_earlier_attempt_that_ended_well_counts(tmp_path: Path) -> None:
    made = {"ok": tmp_path / "night" / "abc", "failed": tmp_path / "night" / "abc.2"}
    for status, folder in made.items():
        attempt = 2 if status == "failed" else 1
        commit(folder, TrialResult("abc", "unet", status, {}, attempt=attempt, folder=str(folder)))
    counts = what_counts(load(made["failed"]))
    assert (counts.status, counts.attempt) == ("ok", 1)


def test_a_committed_result_says_which_attempt_when_and_where(tmp_path: Path) -> None:
    folder = tmp_path / "night" / "abc.2"
    recorder = AttemptRecorder()
    recorder.begin(folder)
    kept = recorder.commit(folder, TrialResult("abc", "unet", "ok", {}))
    assert load(folder) == kept
    assert (kept.attempt, bool(kept.started), kept.ended >= kept.started, bool(kept.machine)) == (2, True, True, True)


def test_an_attempt_that_goes_on_began_when_it_began(tmp_path: Path) -> None:
    folder = tmp_path / "night" / "abc"
    commit(folder, TrialResult("abc", "unet", "interrupted", {}, started="2026-01-01T00:00:00+00:00"))
    recorder = AttemptRecorder()
    recorder.begin(folder)
    assert recorder.commit(folder, TrialResult("abc", "unet", "ok", {})).started == "2026-01-01T00:00:00+00:00"


@pytest.mark.parametrize(("status", "moved"), [("timeout", True), ("failed", False)])
def test_only_what_ran_out_of_time_goes_on_in_a_new_attempt(tmp_path: Path, status: str, moved: bool) -> None:
    first = tmp_path / "night" / "abc"
    commit(first, TrialResult("abc", "unet", status, {}))
    (first / CHECKPOINT).write_bytes(b"state")
    continue_timeout(first)
    continue_timeout(first.with_name("abc.2"))
    assert (first.with_name("abc.2") / CHECKPOINT).is_file() is moved
    assert (first / CHECKPOINT).is_file() is not moved


def test_data_that_changed_since_the_study_began_are_told() -> None:
    from mdf import api
    from mdf.data.open import open_all
    from mdf.registry import Catalog

    config = api.cells(encoder="unet", predictor=[], settings=SMALL)[0]
    opened: Opened = open_all(config, Catalog.discover())
    check_unchanged(opened, opened.fingerprint(), config)
    with pytest.raises(DataError, match="changed since the study began: scenes") as caught:
        check_unchanged(opened, "another", config)
    assert caught.value.hint


@pytest.mark.slow
def test_two_processes_run_one_study_and_each_trial_once(tmp_path: Path) -> None:
    asked = ["--encoder", "unet", "--predictor", "none", "--steps", "2", "--name", "night", "--workers", "1", "--json"]
    asked += [part for seed in range(4) for part in ("--seed", str(seed))]
    both = [started(command(*asked, runs=tmp_path)) for _ in range(2)]
    told = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    tables = [json.loads(out)["trials"] for out, _ in told]
    assert [t["scores"] for t in tables[0]] == [t["scores"] for t in tables[1]]
    assert all("lock" not in errors for _, errors in told)
    # each was run by one of them, and kept by the other
    assert sum(errors.count("kept from before") for _, errors in told) == 4
    listing = list_runs(tmp_path)
    assert not listing.damaged
    assert [run.attempts for run in listing.runs] == [1] * 4
