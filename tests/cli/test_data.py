"""`mdf data show`: a picture of samples, and the words for what cannot be shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from mdf.cli import main

SMALL = ["--set", "data.train=6", "--set", "data.val=2", "--set", "data.test=2", "--set", "data.size=32"]


def test_samples_are_drawn_and_listed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "grid.png"
    assert main(["data", "show", "scenes", "--count", "4", "--out", str(out), *SMALL]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "4 samples" in lines[0]
    assert "mask: true" in lines[0]
    assert "depth: true" in lines[0]
    assert len(lines) == 5
    with Image.open(out) as picture:
        assert picture.format == "PNG"
        assert min(picture.size) > 100


@pytest.mark.parametrize(
    ("args", "code", "named"),
    [
        (["scnes"], 2, "scnes"),
        (["scenes", "--out", "grid.jpg"], 2, "grid.jpg"),
        (["scenes", "--set", "data.syle=mixed"], 2, "syle"),
        (["scenes", "--set", "encoder.width=8"], 2, "encoder.width"),
        (["scenes", "--set", "data=folder:x"], 2, "`scenes`"),
        (["scenes", "--set", "data.name=cdnet"], 2, "`scenes`"),
        (["cdnet:/no/such/place"], 1, "/no/such/place"),
        (["cdnet"], 2, "cdnet"),
    ],
    ids=str,
)
def test_mistakes_are_one_error_and_one_hint(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    args: list[str],
    code: int,
    named: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["data", "show", *args]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    error, hint = captured.err.splitlines()[-2:]
    assert error.startswith("error: ")
    assert named in error
    assert hint.startswith("hint: ")
    assert "Traceback" not in captured.err
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_real_frames_are_drawn(mdf_test_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "cdnet.png"
    assert main(["data", "show", f"cdnet:{mdf_test_data / 'cdnet2014'}", "--count", "3", "--out", str(out)]) == 0
    assert out.is_file()
