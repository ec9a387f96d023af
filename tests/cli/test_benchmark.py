"""`mdf benchmark` as a user meets it: plans, tables, pure JSON, and one clear error for each mistake."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import mdf
from mdf.cli import main

ROOT = Path(mdf.__file__).parents[1]
SMALL = [
    "data.train=24",
    "data.val=8",
    "data.test=8",
    "data.size=32",
    "encoder.width=4",
    "encoder.depth=2",
    "threads=1",
]
SET = [part for setting in SMALL for part in ("--set", setting)]
QUICK = ["--no-pictures", "--no-costs", "--force"]  # each takes a study seconds
ONE = ["--encoder", "unet", "--predictor", "none", "--steps", "2", *QUICK, *SET]


def ran(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of `mdf …` in this process."""
    code = main(list(args))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def told(errors: str) -> tuple[str, str]:
    """The one error line and the one hint line on stderr."""
    assert "Traceback" not in errors
    lines = errors.splitlines()
    (error,) = [line for line in lines if line.startswith("error: ")]
    (hint,) = [line for line in lines if line.startswith("hint: ")]
    assert lines[-2:] == [error, hint]
    return error, hint


def test_a_dry_run_prints_every_cell_and_trains_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    code, out, _ = ran(capsys, "benchmark", "--dry-run", "--runs", str(runs), *ONE, "--loss", "l1", "--loss", "mse")
    assert code == 0
    assert "# 1 of 2: unet · depth l1" in out
    assert "# 2 of 2: unet · depth mse" in out
    assert "width = 4" in out
    assert not list(runs.rglob("result.json"))


def test_a_dry_run_as_json_is_json_alone_and_can_be_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    asked = ["benchmark", "--dry-run", "--json", "--runs", str(tmp_path / "runs"), *ONE]
    code, out, _ = ran(capsys, *asked, "--predictor", "absdiff", "--set", "data.style=shapes")
    assert code == 0
    cells = json.loads(out)
    assert [cell["label"] for cell in cells][1:] == ["absdiff"]
    assert cells[0]["config"]["size"] == [32, 32]
    assert cells[0]["config"]["heads"].keys() == {"mask"}


def test_a_predictor_set_by_its_key_is_one_cell_as_in_a_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    asked = ["benchmark", "--dry-run", "--json", "--runs", str(tmp_path / "runs"), *SET]
    code, out, _ = ran(capsys, *asked, "--set", "predictor=absdiff", "--set", "predictor.channels=mean")
    assert code == 0
    assert [cell["config"]["predictor"] for cell in json.loads(out)] == [{"name": "absdiff", "channels": "mean"}]


def test_a_predictor_that_does_not_suit_the_data_is_left_out_with_a_reason(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    asked = ["benchmark", "--dry-run", "--json", "--runs", str(tmp_path / "runs"), *ONE]
    _, out, _ = ran(capsys, *asked, "--predictor", "mean-depth", "--set", "data.style=shapes")
    assert "depth" in json.loads(out)[1]["left_out"]


def test_json_is_json_alone_and_the_second_time_the_same(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    asked = ["benchmark", "--json", "--runs", str(tmp_path / "runs"), *ONE]
    code, out, _ = ran(capsys, *asked)
    report = json.loads(out)
    assert code == 0
    assert [trial["status"] for trial in report["trials"]] == ["ok"]
    assert {"title", "key", "direction", "protocol"} <= report["columns"][0].keys()
    code, again, errors = ran(capsys, *asked)
    assert (code, again) == (0, out)
    assert "kept from before" in errors

    code, table, errors = ran(capsys, *asked[:1], *asked[2:])
    assert code == 0
    assert "mask IoU" in table
    assert "depth RMSE [m]" in table  # the unit is not taken for markup
    assert "unet" in table
    assert f"report: {tmp_path / 'runs'}" in table


MISTAKES: dict[str, tuple[list[str], str, str]] = {
    "encoder": (["--encoder", "unte"], "unte", "unet"),
    "decoder": (["--decoder", "unett"], "unett", "unet"),
    "fusion": (["--fusion", "erly"], "erly", "early"),
    "loss": (["--loss", "depth=l3"], "l3", "--kind loss"),
    "loss without a task's name": (["--loss", "=l1"], "=l1", "mask=bce,depth=l1"),
    "weight": (["--loss", "0*l1"], "0*l1", "bce+0.5*l1"),
    "predictor": (["--predictor", "absdif"], "absdif", "absdiff"),
    "data": (["--data", "scnes"], "scnes", "scenes"),
    "schedule": (["--schedule", "jiont"], "jiont", "joint"),
    "heads": (["--heads", "mask,dpeth"], "dpeth", "depth"),
    "size": (["--size", "64y64"], "size", "height"),
    "key": (["--set", "trian.lr=1"], "trian", "train"),
    "key of train": (["--set", "lr=1"], "`lr`", "did you mean `train.lr`?"),
    "task of a head's option": (["--set", "heads.dpth.encoding=log"], "`heads.dpth.encoding`", "did you mean `depth`?"),
    "task of a loss's option": (["--set", "loss.dpth.weight=2"], "`loss.dpth`", "did you mean `depth`?"),
    "task of a head": (["--set", "heads.dpth=depth"], "not for `dpth`", "did you mean `depth`?"),
    "metrics that are no list": (["--set", "metrics.depth=rmse"], "metrics.depth", "--set 'metrics.depth=[\"rmse\"]'"),
    "option of no predictor": (["--predictor", "none", "--set", "predictor.k=1"], "`predictor.k`", "--predictor"),
    "inner key": (["--set", "train.rl=1"], "train.rl", "lr"),
    "value": (["--set", "train.lr=fast"], "train.lr", "learning rate"),
    "setting": (["--set", "encoder.width"], "encoder.width", "encoder.width=32"),
    "budgets": (["--epochs", "2", "--steps", "3"], "steps", "config.md"),
    "config file": (["--config", "no-such.toml"], "no-such.toml", "--config"),
    "click option": (["--enocder", "unet"], "--enocder", "--help"),
    "steps twice": (["--steps", "5", "--steps", "6"], "--steps", "only --encoder,"),
    "heads twice": (["--heads", "mask", "--heads=depth"], "--heads", "--loss"),
    "device twice": (["--device", "cpu", "--device", "cpu"], "--device", "give it once"),
    "no time": (["--time-limit", "soon"], "soon", "30m"),
    "no worker": (["--workers", "0"], "--workers", "--help"),
    "click type": (["--steps", "many"], "many", "--help"),
    "name": (["--name", "../x"], "../x", "letters"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_error_one_hint_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, mistake: str
) -> None:
    args, named, cure = MISTAKES[mistake]
    code, out, errors = ran(capsys, "benchmark", "--runs", str(tmp_path / "runs"), *args)
    assert (code, out) == (2, "")
    error, hint = told(errors)
    assert named in error
    assert cure in hint
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("args", "code", "named"),
    [
        (["--set", "encoder.widht=4"], 2, "encoder.widht"),
        (["--set", "encoder.width=0"], 2, "encoder.width"),
        (["--set", "data.trian=4"], 2, "dataset `scenes` has no option `data.trian`"),
        (
            ["--set", 'metrics.depth=[{name="rmse", alignmnt=1}]'],
            2,
            "metric `rmse` has no option `metrics.depth.alignmnt`",
        ),
        (["--set", 'normalise="encoder"'], 2, "pretrained"),
        (["--data", "cdnet:/no/such/place"], 1, "/no/such/place"),
        (["--set", "loss.depth.wieght=1", "--dry-run"], 2, "loss `l1` has no option `loss.depth.wieght`"),
        (["--logger", "mlflw", "--dry-run"], 2, "no logger is called `mlflw`"),
    ],
    ids=str,
)
def test_mistakes_that_need_a_component_are_told_before_anything_trains(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, args: list[str], code: int, named: str
) -> None:
    asked = ["--encoder", "unet", *args]
    found, out, errors = ran(capsys, "benchmark", "--runs", str(tmp_path / "runs"), *asked)
    assert (found, out) == (code, "")
    assert named in told(errors)[0]
    assert "decoding" not in errors
    assert not list(tmp_path.rglob("result.json"))


def test_toml_with_a_mistake_names_its_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text('encoder = "unet"\nseed = = 3\n')
    code, _, errors = ran(capsys, "benchmark", "--config", str(path))
    assert code == 2
    assert "line 2" in told(errors)[0]


PROBE = """
import sys
from mdf.cli import main
code = main(sys.argv[1:])
print("heavy:", *sorted({"torch", "timm", "torchvision", "numpy"} & set(sys.modules)), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["--encoder", "unte"], 2),
        (["--set", "trian.lr=1"], 2),
        (["--loss", "msak=bce"], 2),
        (["--dry-run", *ONE], 0),  # the worker imports torch; the parent does not
    ],
    ids=["name", "key", "task", "dry run"],
)
def test_the_parent_imports_no_torch(tmp_path: Path, args: list[str], code: int) -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    asked = [sys.executable, "-c", PROBE, "benchmark", "--runs", str(tmp_path / "runs"), *args]
    done = subprocess.run(asked, env=environ, capture_output=True, text=True, timeout=120)
    assert done.returncode == code, done.stderr
    assert done.stderr.splitlines()[-1].strip() == "heavy:"


def test_a_plugin_that_was_asked_for_and_is_not_there_is_no_silence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    missing = tmp_path / "no_such_plugin.py"
    code, _, errors = ran(capsys, "-p", str(missing), "benchmark", "--dry-run", "--runs", str(tmp_path / "runs"), *ONE)
    assert code == 1
    assert str(missing) in told(errors)[0]
