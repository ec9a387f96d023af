"""`mdf runs`: what has been run, seen and removed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mdf.cli import main
from mdf.study import results
from mdf.study.results import TrialResult

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for key, status in (("aaa111", "ok"), ("abb222", "failed")):
        folder = tmp_path / "runs" / "night" / key
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text('data = "scenes"\n')
        scores = {"mask/iou": 0.75} if status == "ok" else {}
        result = TrialResult(key, f"unet {key}", status, {}, reason="" if scores else "it broke", scores=scores)
        results.commit(folder, result)
    return tmp_path / "runs"


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
    assert (runs / "night" / "abb222" / results.RESULT).is_file()


def test_size_adds_up(run: Run, runs: Path) -> None:
    (runs / "night" / "aaa111" / "weights.safetensors").write_bytes(b"0" * 3_000_000)
    code, out, _ = run("size")
    assert code == 0
    assert "3.0 MB  night" in out


def test_no_run_at_all_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "list", "--runs", str(tmp_path)]) == 0
    assert "no run" in capsys.readouterr().err
