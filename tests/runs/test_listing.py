"""The runs of a folder, read from their result files alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mdf.core.errors import MdfError
from mdf.runs import listing
from mdf.runs.listing import list_runs, show_run, study_sizes
from mdf.runs.result import CONFIG, RESULT, TrialResult, commit
from mdf.runs.studies import write_study


def ended(runs: Path, name: str, status: str = "ok", study: str = "night", **fields: object) -> Path:
    """An attempt of which there is only the result file."""
    key, _, number = name.partition(".")
    folder = runs / study / name
    commit(folder, TrialResult(key, f"unet {key}", status, {}, attempt=int(number or 1), **fields))  # type: ignore[arg-type]
    return folder


def ids(runs: Path, **chosen: object) -> set[str]:
    return {run.id for run in list_runs(runs, **chosen).runs}  # type: ignore[arg-type]


def test_a_run_is_listed_with_what_its_file_says(tmp_path: Path) -> None:
    folder = ended(tmp_path, "abc", scores={"mask/iou": 0.5}, started="a", ended="b", machine="c")
    (run,) = list_runs(tmp_path).runs
    assert (run.id, run.study, run.label, run.status, run.attempts) == ("abc", "night", "unet abc", "ok", 1)
    assert (run.scores, run.started, run.ended, run.machine) == ({"mask/iou": 0.5}, "a", "b", "c")
    assert run.folder == str(folder)


def test_several_attempts_are_one_run_and_the_last_good_one_counts(tmp_path: Path) -> None:
    for name, status in (("abc", "failed"), ("abc.2", "ok"), ("abc.10", "oom")):
        ended(tmp_path, name, status)
    (run,) = list_runs(tmp_path).runs
    assert (run.status, run.attempts, Path(run.folder).name) == ("ok", 3, "abc.2")


def test_a_reason_with_a_file_name_in_another_encoding_is_kept(tmp_path: Path) -> None:
    ended(tmp_path, "abc", "failed", reason="cannot read caf\udce9.png")
    assert list_runs(tmp_path).runs[0].reason == "cannot read caf\udce9.png"


def test_what_is_there_is_listed_and_nothing_else(tmp_path: Path) -> None:
    for name in ("abc", "abc.2", "def"):
        ended(tmp_path, name)
    assert ids(tmp_path) == {"abc", "def"}
    shutil.rmtree(tmp_path / "night" / "abc")
    (tmp_path / "night" / "def" / RESULT).unlink()
    assert [run.attempts for run in list_runs(tmp_path).runs] == [1]
    assert ids(tmp_path / "nowhere") == set()


def test_what_is_being_removed_is_no_run(tmp_path: Path) -> None:
    ended(tmp_path, "abc", study=".removed-night")
    ended(tmp_path, "abc").rename(tmp_path / "night" / ".removed-abc")
    assert ids(tmp_path) == set()


def test_a_damaged_result_is_reported_and_the_others_are_listed(tmp_path: Path) -> None:
    ended(tmp_path, "abc")
    (ended(tmp_path, "def") / RESULT).write_text('{"id": "de')
    found = list_runs(tmp_path)
    assert [run.id for run in found.runs] == ["abc"]
    assert len(found.damaged) == 1
    assert str(Path("night") / "def" / RESULT) in found.damaged[0]


def test_runs_are_chosen_by_study_and_status(tmp_path: Path) -> None:
    ended(tmp_path, "abc")
    ended(tmp_path, "def", "failed")
    write_study(tmp_path / "day", {"abc": "shared"})
    assert ids(tmp_path, study="day") == {"abc"}
    assert ids(tmp_path, statuses=["failed", "oom"]) == {"def"}
    assert ids(tmp_path, study="day", statuses=["failed"]) == set()
    with pytest.raises(MdfError, match="there is no study `noon`"):
        list_runs(tmp_path, study="noon")


def test_every_result_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The work is proportional to the number of attempts, so that thousands are listed at once."""
    for number in range(60):
        ended(tmp_path, f"{number:06x}", study=f"study-{number % 5}")
        ended(tmp_path, f"{number:06x}.2", study=f"study-{number % 5}")
    loads: list[Path] = []
    load = listing.load
    monkeypatch.setattr(listing, "load", lambda folder: loads.append(folder) or load(folder))
    assert len(list_runs(tmp_path).runs) == 60
    assert len(loads) == len(set(loads)) == 120


def test_a_run_is_shown_with_its_attempts_and_its_config(tmp_path: Path) -> None:
    ended(tmp_path, "abc", "failed", reason="it broke")
    (ended(tmp_path, "abc.2") / CONFIG).write_text('data = "scenes"\n')
    details = show_run("ab", tmp_path)
    assert (details.result.attempt, details.config) == (2, 'data = "scenes"\n')
    assert [attempt.status for attempt in details.attempts] == ["failed", "ok"]
    assert show_run("abc", tmp_path) == show_run("latest", tmp_path)


def test_sizes_are_of_whole_studies_the_largest_first(tmp_path: Path) -> None:
    for study, count in (("small", 10), ("large", 5000)):
        (tmp_path / study / "abc").mkdir(parents=True)
        (tmp_path / study / "abc" / "weights.safetensors").write_bytes(b"0" * count)
    assert [(one.name, one.size) for one in study_sizes(tmp_path)] == [("large", 5000), ("small", 10)]
