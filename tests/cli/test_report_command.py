"""`mdf report`: the files of a study that was run, or one line that says what is wrong."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from trained_run import method, runs, trained  # noqa: F401

from mdf.cli import main
from mdf.runs.studies import trials_of, write_study

FILES = ["report.json", "report.md", "report.csv", "report.html"]


def test_it_writes_every_file_and_tells_where(
    runs: Path,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["report", "--runs", str(runs), "--out", str(tmp_path / "sent")]) == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / "sent" / name) for name in FILES]
    page = (tmp_path / "sent" / "report.html").read_text(encoding="utf-8")
    assert "unet" in page
    assert 'id="pictures"' in page
    assert "data:image/webp;base64," in page
    told = json.loads((tmp_path / "sent" / "report.json").read_text())
    lines = list(csv.DictReader((tmp_path / "sent" / "report.csv").read_text(encoding="utf-8").splitlines()))
    for trial in told["trials"]:
        for key, score in trial["scores"].items():
            found = [float(line["value"]) for line in lines if (line["trial"], line["key"]) == (trial["id"], key)]
            assert found == [score]


def test_json_alone_is_on_stdout_and_pictures_may_be_left_out(
    runs: Path,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["report", "latest", "--runs", str(runs), "--out", str(tmp_path), "--json", "--no-pictures"]) == 0
    assert {trial["status"] for trial in json.loads(capsys.readouterr().out)["trials"]} == {"ok"}
    assert 'id="pictures"' not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_study_that_is_not_there_is_one_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "no-such-study", "--runs", str(tmp_path)]) != 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "no-such-study" in said.err
    assert "Traceback" not in said.err


def test_a_folder_that_cannot_be_written_is_one_error(
    runs: Path,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "taken").write_text("a file")
    assert main(["report", "--runs", str(runs), "--out", str(tmp_path / "taken"), "--no-pictures"]) != 0
    said = capsys.readouterr()
    assert "taken" in said.err
    assert "Traceback" not in said.err


def test_an_incomplete_study_is_reported_and_said_to_be(
    runs: Path,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cut = Path(shutil.copytree(runs, tmp_path / "runs"))
    (study,) = (file.parent for file in cut.glob("*/study.json"))
    write_study(study, {**trials_of(study), "f" * 12: "unet · seed 9"})
    assert main(["report", "--runs", str(cut), "--out", str(tmp_path), "--no-pictures"]) == 0
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("incomplete: 1 of")
    assert last in (tmp_path / "report.md").read_text(encoding="utf-8")
