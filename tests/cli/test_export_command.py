"""`mdf export` as it is typed: every flag does what its help says, and a mistake is one line and writes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from trained_run import runs, trained  # noqa: F401

from mdf.cli import main
from mdf.models import files
from mdf.models.export.card import read_card


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test works in an empty folder."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Missing argument 'RUN'"),
        (["RUN", "--to", "onxx"], "onxx"),
        (["RUN", "--to", "torch", "--to", "torch"], "`--to torch` is given twice"),
        (["RUN", "--size", "large"], "write a size as `64` or `240x320`"),
        (["RUN", "--size", "4"], "`--size`"),
        (["RUN", "--threads", "0"], "0 is not in the range x>=1"),
        (["RUN", "--max-loss", "iou=0.01"], "`--max-loss` says what 8-bit integers may cost"),
        (["RUN", "--int8", "--max-loss", "iou"], "`--max-loss iou` is no loss of a score"),
        (["RUN", "--int8", "--max-loss", "=0.1"], "`--max-loss =0.1` is no loss of a score"),
        (["RUN", "--int8", "--max-loss", "iou=little"], "`--max-loss iou=little` is no loss of a score"),
        (["RUN", "--int8", "--max-loss", "iou=-1"], "`--max-loss iou=-1` is no loss of a score"),
        (["RUN", "--int8", "--max-loss", "iou=nan"], "`--max-loss iou=nan` is no loss of a score"),
        (["RUN", "--precision", "fp32"], "`--precision fp32`: float32 is always checked"),
        (["RUN", "--precision", "bf61"], "bf61"),
        (["RUN", "--sise", "32"], "No such option '--sise'"),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(
    words: list[str],
    said: str,
    trained: Path,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["export", *(str(trained) if word == "RUN" else word for word in words)]) == 2
    told = capsys.readouterr()
    lines = told.err.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["error", "hint"]
    assert said in lines[0]
    assert not told.out
    assert not list(tmp_path.iterdir())


def test_what_only_the_run_can_tell_is_one_line_too(
    trained: Path,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "taken").touch()
    for words, code, said in (
        (["nobody"], 1, "no run `nobody`"),
        ([str(trained), "--out", "taken"], 1, "taken"),
        ([str(trained), "--to", "torch", "--int8", "--max-loss", "mask/iuo=1"], 2, "is no score of this run"),
    ):
        assert main(["export", *words]) == code
        error = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
        assert len(error) == 1
        assert said in error[0]


def test_every_flag_does_what_its_help_says(
    trained: Path,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files.pack(trained, tmp_path / "door.safetensors")
    first = ["export", "door.safetensors", "--to", "torch", "--out", "box", "--size", "40x48", "--threads", "1"]
    first += ["--licence", "CC BY 4.0", "--int8", "--max-loss", "iou=0.5", "--max-loss", "depth/rmse=9"]
    first += ["--precision", "bf16"]
    assert main(first) == 0
    told = capsys.readouterr()
    table = told.out.splitlines()
    assert [line.split()[:2] for line in table if "PyTorch" in line or "torch" in line] == [
        ["PyTorch", "fp32"],
        ["torch", "fp32"],
        ["torch", "bf16"],
        ["torch", "int8"],
    ]
    assert "box/torch" in told.out
    assert "not kept" in told.out
    assert "this format has no 8-bit integers" in " ".join(told.out.split())  # a narrow table wraps it
    assert "this format computes in fp32" in " ".join(told.out.split())
    assert "frames of 40x48 on 1 CPU thread" in told.err
    card = read_card(tmp_path / "box" / "torch")
    assert (card.size, card.any_size, card.licence) == ((40, 48), False, "CC BY 4.0")
    assert "Licence of the network: CC BY 4.0" in (tmp_path / "box" / "torch" / "README.md").read_text()

    again = ["export", "latest", "--runs", str(trained.parents[1]), "--to", "torch", "--out", "box", "--dynamic"]
    assert main(again) == 1
    assert "box/torch is there already" in capsys.readouterr().err
    assert main([*again, "--overwrite", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    (row,) = report["formats"]
    assert (row["format"], row["status"], row["folder"], len(row["sizes"])) == ("torch", "ok", "box/torch", 3)
    card = read_card(tmp_path / "box" / "torch")
    assert (card.size, card.any_size, card.licence) == ((32, 32), True, "")
    assert [path.name for path in (tmp_path / "box").iterdir()] == ["torch"]
