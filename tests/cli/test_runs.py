"""`mdf runs`: what has been run, seen and removed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mdf.cli import main
from mdf.runs import result
from mdf.runs.remove import GONE, lock_of
from mdf.runs.result import TrialResult
from mdf.runs.studies import write_study

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for key, status in (("aaa111", "ok"), ("abb222", "failed")):
        folder = tmp_path / "runs" / "night" / key
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text('data = "scenes"\n')
        scores = {"mask/iou": 0.75} if status == "ok" else {}
        ended = TrialResult(key, f"unet {key}", status, {}, reason="" if scores else "it broke", scores=scores)
        result.commit(folder, ended)
    write_study(tmp_path / "runs" / "night", {"aaa111": "unet aaa111", "abb222": "unet abb222"})
    return tmp_path / "runs"


def attempt(runs: Path, name: str, status: str) -> Path:
    """One more attempt at a run of the study."""
    key, _, number = name.partition(".")
    folder = runs / "night" / name
    folder.mkdir()
    made = TrialResult(key, f"unet {key}", status, {}, reason="why", attempt=int(number), ended="2026-01-02T03:04:05")
    result.commit(folder, made)
    return folder


@pytest.fixture
def run(runs: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: str) -> tuple[int, str, str]:
        code = main(["runs", words[0], "--runs", str(runs), *words[1:]])
        out = capsys.readouterr()
        return code, out.out, out.err

    return call


def test_list_shows_every_trial_and_how_it_ended(run: Run) -> None:
    code, out, _ = run("list")
    assert code == 0
    assert any("aaa111" in line and "night" in line and "ok" in line for line in out.splitlines())
    assert any("abb222" in line and "failed" in line for line in out.splitlines())
    assert {r["status"] for r in json.loads(run("list", "--json")[1])} == {"ok", "failed"}


def test_a_piped_list_has_a_line_for_each_run(run: Run, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    label = "unet · mask bce, depth l1 · frozen encoder · 240x320 · seed 11"
    result.commit(runs / "night" / "ccc333", TrialResult("ccc333", label, "ok", {}))
    assert any(line.startswith("ccc333") and line.endswith("seed 11") for line in run("list")[1].splitlines())


def test_list_chooses_by_study_and_status(run: Run, runs: Path) -> None:
    write_study(runs / "day", {"aaa111": "shared"})

    def listed(*words: str) -> list[str]:
        return [r["id"] for r in json.loads(run("list", "--json", *words)[1])]

    assert set(listed("--study", "night")) == {"aaa111", "abb222"}
    assert listed("--study", "day") == ["aaa111"]
    assert listed("--status", "failed,oom") == ["abb222"]
    assert listed("--study", "day", "--status", "failed") == []
    assert "no such run" in run("list", "--study", "day", "--status", "failed")[2]
    assert run("list", "--study", "noon")[0] == 1
    code, _, err = run("list", "--status", "brocken")
    assert code == 2
    assert "failed" in err


def test_several_attempts_are_one_run(run: Run, runs: Path) -> None:
    attempt(runs, "abb222.2", "oom")
    listed = {r["id"]: r for r in json.loads(run("list", "--json")[1])}
    assert (listed["abb222"]["status"], listed["abb222"]["attempts"]) == ("oom", 2)
    assert any("abb222" in line and "2026-01-02 03:04" in line for line in run("list")[1].splitlines())
    out = run("show", "abb")[1]
    assert "attempt 1: failed: it broke" in out.replace("  ", " ")
    assert "attempt 2: oom 2026-01-02 03:04: why" in out
    assert "attempt 1" not in run("show", "aaa")[1]


def test_a_damaged_result_is_a_warning_beside_the_others(run: Run, runs: Path) -> None:
    (runs / "night" / "abb222" / result.RESULT).write_text("{")
    code, out, err = run("list")
    assert code == 0
    assert "aaa111" in out
    assert "warning: cannot read" in err


def test_show_takes_the_start_of_an_id_and_prints_what_runs_it_again(run: Run) -> None:
    code, out, _ = run("show", "aa")
    assert code == 0
    assert "mask/iou = 0.75" in out
    assert 'data = "scenes"' in out
    assert "it broke" in run("show", "abb")[1]


def test_an_unclear_or_unknown_run_is_one_error_with_a_cure(run: Run) -> None:
    code, out, err = run("show", "a")
    assert (code, out) == (1, "")
    assert "2 runs" in err
    assert "write more of the id" in err
    assert "there is no run `zzz`" in run("show", "zzz")[2]


def test_rm_removes_that_run_alone(run: Run, runs: Path) -> None:
    assert run("rm", "--yes", "aaa")[0] == 0
    assert not (runs / "night" / "aaa111").exists()
    assert (runs / "night" / "abb222" / result.RESULT).is_file()


def test_rm_removes_all_attempts_or_the_named_one(run: Run, runs: Path) -> None:
    attempt(runs, "abb222.2", "ok")
    attempt(runs, "abb222.3", "failed")
    assert run("rm", "--yes", "abb222.3")[0] == 0
    assert (runs / "night" / "abb222.2").is_dir()
    assert run("rm", "--yes", "abb")[0] == 0
    assert [r["id"] for r in json.loads(run("list", "--json")[1])] == ["aaa111"]
    assert {p.name for p in (runs / "night").iterdir() if p.is_dir()} == {"aaa111"}


@pytest.mark.parametrize("words", [["aaa", "aaa111"], ["aaa111.2", "aaa"], ["--study", "night", "--study", "nig"]])
def test_rm_of_what_is_named_twice_removes_it_once(run: Run, runs: Path, words: list[str]) -> None:
    attempt(runs, "aaa111.2", "failed")
    code, out, err = run("rm", "--yes", *words)
    assert (code, err) == (0, "")
    assert len(out.splitlines()) == len(set(out.splitlines()))
    assert not list(runs.glob("*/aaa*"))


def test_rm_removes_a_study_with_all_its_runs(run: Run, runs: Path) -> None:
    run("list")
    assert run("rm", "--yes", "--study", "night")[0] == 0
    assert [p.name for p in runs.iterdir() if p.is_dir()] == []
    assert json.loads(run("list", "--json")[1]) == []


def test_rm_asks_and_tells_who_shares_it(run: Run, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_study(runs / "day", {"aaa111": "shared"})
    asked: list[str] = []
    monkeypatch.setattr("click.confirm", lambda text, **_: asked.append(text) or False)  # type: ignore[func-returns-value]
    for words in (["aaa"], ["abb"], ["--study", "night"]):
        assert run("rm", *words)[0] == 0
    assert ["used by day too" in text for text in asked] == [True, False, True]
    assert (runs / "night" / "aaa111" / result.RESULT).is_file()


def test_rm_without_a_run_is_a_mistake(run: Run) -> None:
    assert run("rm")[0] == 2


def test_what_runs_is_not_removed(run: Run, runs: Path) -> None:
    with lock_of(runs / "night" / "aaa111"):
        for words in (["aaa"], ["--study", "night"]):
            code, _, err = run("rm", "--yes", *words)
            assert code == 1
            assert "is running at this moment" in err
    assert (runs / "night" / "aaa111" / result.RESULT).is_file()


def test_a_removal_killed_half_way_leaves_no_half_run(run: Run, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is hidden is gone for every command, and the next removal sweeps it away."""
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert run("rm", "--yes", "aaa")[0] == 130
    assert (runs / "night" / f"{GONE}aaa111").is_dir()
    assert [r["id"] for r in json.loads(run("list", "--json")[1])] == ["abb222"]
    assert run("show", "aaa")[0] == 1
    assert run("rm", "--yes", "abb")[0] == 0
    assert not list((runs / "night").glob(f"{GONE}*"))


def test_size_adds_up(run: Run, runs: Path) -> None:
    (runs / "night" / "aaa111" / "weights.safetensors").write_bytes(b"0" * 3_000_000)
    code, out, _ = run("size")
    assert code == 0
    assert "3.0 MB  night" in out


def test_no_run_at_all_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "list", "--runs", str(tmp_path)]) == 0
    assert "no run" in capsys.readouterr().err
