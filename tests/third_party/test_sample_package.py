"""A real package, built and installed by the real tools: its own task is trained and reported with mdf unchanged."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mdf
from mdf.testing import assert_conforms

pytestmark = pytest.mark.slow

ROOT = Path(mdf.__file__).parents[1]
SOURCE = Path(__file__).parent / "mdf-sample"
OFFERED = {
    ("encoder", "ladder"),
    ("head", "normals"),
    ("head", "disparity"),
    ("loss", "cosine"),
    ("metric", "angle"),
    ("predictor", "mean-normal"),
    ("dataset", "planes"),
    ("exporter", "program"),
}
PLANES = ["benchmark", "--data", "mdf-sample/planes", "--encoder", "ladder", "--json"]
BENCHMARK = [*PLANES, "--heads", "mask,depth,normals", "--loss", "l1", "--steps", "4", "--set", "train.validations=2"]
BENCHMARK += ["--predictor", "absdiff", "--predictor", "mean-normal", "--no-costs"]
SHOW = """
import contextlib, io, json, sys
from mdf.cli import main
for kind, name in map(str.split, sys.argv[1:]):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        main(["plugins", "show", kind, name, "--json"])
    print(json.dumps(json.loads(out.getvalue())))
"""
BAD_FOLLOWER = """
from mdf.core.hooks import hookimpl

@hookimpl
def mdf_epoch_end(epoch):
    raise ValueError("nobody listens")
"""


@dataclass(frozen=True)
class Home:
    """A folder of installed packages, and one to work in."""

    site: Path
    work: Path

    def mdf(self, *args: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """`mdf` as users run it."""
        return self.python("-m", "mdf", *args, **environ)

    def python(self, *args: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Python that sees mdf and the installed packages."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("MDF_")}
        kept |= {"PYTHONPATH": f"{self.site}{os.pathsep}{ROOT}", "MDF_CACHE": str(self.work / "cache"), **environ}
        return subprocess.run(
            [sys.executable, *args], cwd=self.work, env=kept, capture_output=True, text=True, timeout=300
        )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    pytest.importorskip("pip", reason="pip builds and installs the package")
    pytest.importorskip("hatchling", reason="the package is built with hatchling")
    folder = tmp_path_factory.mktemp("sample")
    shutil.copytree(SOURCE, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "work").mkdir()
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    build = [*pip, "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", "wheels", "./source"]
    subprocess.run(build, cwd=folder, check=True, timeout=300)
    (wheel,) = (folder / "wheels").glob("*.whl")
    install = [*pip, "install", "-q", "--no-index", "--no-deps", "--target", "site", str(wheel)]
    subprocess.run(install, cwd=folder, check=True, timeout=300)
    return Home(folder / "site", folder / "work")


def test_it_is_listed_and_sound(home: Home) -> None:
    listed = json.loads(home.mdf("plugins", "list", "--json").stdout)
    assert listed["faults"] == []
    assert "mdf-sample" not in str(listed["notices"])
    mine = [line for line in listed["components"] if line["distribution"] == "mdf-sample"]
    assert {(line["kind"], line["name"]) for line in mine} == OFFERED
    assert {line["version"] for line in mine} == {"1.0.0"}
    assert listed["followers"] == [{"plugin": "sample", "distribution": "mdf-sample", "version": "1.0.0"}]
    assert "follow every study: plugin `sample` (mdf-sample 1.0.0)" in home.mdf("plugins", "list").stderr
    doctor = home.mdf("plugins", "doctor")
    assert doctor.returncode == 0
    assert "mdf-sample" not in doctor.stdout


def test_each_component_is_shown_in_full(home: Home) -> None:
    asked = sorted(OFFERED)
    done = home.python("-c", SHOW, *(" ".join(one) for one in asked))
    assert done.returncode == 0, done.stderr
    for (_, name), line in zip(asked, done.stdout.splitlines(), strict=True):
        told = json.loads(line)
        assert told["full_name"] == f"mdf-sample/{name}"
        assert told["about"]


@pytest.mark.parametrize(("kind", "name"), sorted(OFFERED))
def test_each_component_keeps_its_contract(kind: str, name: str, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(home.site))
    assert assert_conforms(kind, f"mdf-sample/{name}")


def test_its_task_is_trained_compared_and_drawn_like_any_other(home: Home) -> None:
    (home.work / "bad_follower.py").write_text(BAD_FOLLOWER)
    done = home.mdf("-p", "bad_follower.py", *BENCHMARK, "--logger", "tensorboard")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    column = next(column for column in report["columns"] if column["key"] == "normals/angle")
    assert (column["title"], column["direction"]) == ("normals angle [°]", "lower")
    scores = {trial["label"]: trial["scores"] for trial in report["trials"]}
    network = scores.pop("ladder · mask bce, depth l1, normals cosine")
    assert set(network) >= {"mask/iou", "depth/rmse", "normals/angle"}
    assert 0 < network["normals/angle"] < 180
    assert set(scores["mean-normal"]) == {"normals/angle"}
    assert 0 < scores["mean-normal"]["normals/angle"] < 45
    assert "normals/angle" not in scores["absdiff"]

    folder = home.work / report["folder"]
    assert (folder / "report.png").is_file()
    assert len(list(folder.glob("tensorboard/*/events.out.*"))) == len(report["trials"]) + 1
    layouts = [json.loads(path.read_text())["columns"] for path in folder.glob("*/gallery.json")]
    assert any("normals: predicted" in columns for columns in layouts)

    with (folder / "scores.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert ["mean-normal", "normals/angle", f"{scores['mean-normal']['normals/angle']:.6g}"] in rows

    warnings = [line for line in done.stderr.splitlines() if line.startswith("warning: ")]
    (warning,) = warnings
    assert "plugin `bad_follower`: `mdf_epoch_end` failed: ValueError: nobody listens" in warning

    exported = home.mdf("export", "latest", "--to", "mdf-sample/program", "--json")
    assert exported.returncode == 0, exported.stderr
    (row,) = json.loads(exported.stdout)["formats"]
    assert (row["status"], row["folder"]) == ("ok", "exported/mdf-sample-program")
    card = json.loads((home.work / row["folder"] / "model.json").read_text())
    assert "normals/logits" in card["graphs"]["model"]["outputs"]
    assert card["plugins"] == {"mdf-sample": "1.0.0"}

    again = home.mdf(*BENCHMARK)
    assert again.stderr.count("kept from before") == 3
    assert json.loads(again.stdout)["trials"] == report["trials"]
    with (folder / "scores.csv").open(encoding="utf-8") as file:
        assert list(csv.reader(file)) == rows


def test_its_task_is_predicted_into_files_like_any_other(home: Home) -> None:
    """Three channels are an array; an overlay has the colours of the first task that is no mask."""
    colours = np.random.default_rng(0).integers(0, 256, (2, 40, 56, 3), np.uint8)
    for name, image in zip(("empty", "frame"), colours, strict=True):
        Image.fromarray(image).save(home.work / f"{name}.png")
    trained = home.mdf("train", *PLANES[1:-1], "--heads", "mask,normals", "--steps", "1", "--force", "--runs", "small")
    assert trained.returncode == 0, trained.stderr
    asked = ("latest", "frame.png", "--background", "empty.png", "--overlay", "--runs", "small", "--out", "predicted")
    done = home.mdf("predict", *asked, "--json")
    assert done.returncode == 0, done.stderr
    names = [f"predicted/frame{end}" for end in ("-mask.png", "-normals.npy", "-overlay.png", ".json")]
    assert json.loads(done.stdout)["files"] == names
    normals = np.load(home.work / names[1], allow_pickle=False)
    assert (normals.shape, normals.dtype) == ((3, 40, 56), np.float32)
    assert np.abs(np.linalg.norm(normals, axis=0) - 1).max() < 1e-4
    record = json.loads((home.work / names[-1]).read_text())
    assert record["values"]["normals"] == {"task": "normals", "unit": "", "channels": 3}
    with Image.open(home.work / names[2]) as image:
        overlay = np.array(image)
    drawn = ((normals.transpose(1, 2, 0) + 1) / 2 * 255).round()
    with Image.open(home.work / names[0]) as image:
        above = np.array(image) - 255 * record["calibration"]["mask"]["threshold"]
    expected = np.where(above[..., None] >= 0, colours[1] * 0.35 + drawn * 0.65, colours[1])
    told = np.abs(above) > 0.51  # not where the stored probability is rounded to the threshold
    assert (np.abs(overlay - expected)[told] <= 0.51).all()


def test_a_head_can_be_named_apart_from_its_task(home: Home) -> None:
    done = home.mdf(*PLANES, "--heads", "normals=mdf-sample/normals", "--loss", "normals=cosine", "--dry-run")
    cells = json.loads(done.stdout)
    assert cells[0]["config"]["heads"]["normals"]["name"] == "mdf-sample/normals"
    assert list(cells[0]["config"]["loss"]) == ["normals"]


def test_an_unknown_logger_is_told_before_anything_is_trained(home: Home) -> None:
    done = home.mdf(*PLANES, "--logger", "tensorbord", "--name", "never")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: no logger is called `tensorbord`\nhint: closest: tensorboard (built in)")
    assert not (home.work / "runs" / "never").exists()


def test_its_targets_can_be_looked_at(home: Home) -> None:
    done = home.mdf("data", "show", "planes", "--count", "3", "--out", "planes.png")
    assert done.returncode == 0, done.stderr
    titles = "background, frame, mask: true, depth: true, normals: true, disparity: true"
    assert done.stdout.startswith(f"planes.png: 3 samples, {titles}\n")
    assert "note:" not in done.stderr


def test_a_task_that_no_head_knows_is_a_note_and_a_clear_error(home: Home) -> None:
    (home.work / "planes_alone.py").write_text(
        "from mdf.core.hooks import hookimpl\nfrom mdf.core.spec import Spec\n@hookimpl\ndef mdf_datasets():\n"
        "    return [Spec('planes-alone', 'mdf_sample.dataset:Planes', 'Planes without their head.')]\n"
    )

    def run(*args: str) -> subprocess.CompletedProcess[str]:
        return home.mdf("-p", "planes_alone.py", *args, MDF_DISABLE_PLUGINS="mdf-sample")

    shown = run("data", "show", "planes-alone", "--count", "2", "--out", "alone.png")
    assert shown.returncode == 0, shown.stderr
    assert "note: no head on offer knows the task `normals`: it is not drawn" in shown.stderr
    asked = run("benchmark", "--data", "planes-alone", "--heads", "mask,normals")
    assert (asked.returncode, asked.stdout) == (2, "")
    assert asked.stderr.startswith("error: no head is called `normals`\nhint: ")


def test_uninstalled_everything_is_as_before(home: Home) -> None:
    gone = Home(home.work / "nothing", home.work)
    alone = gone.mdf("plugins", "list").stdout
    assert "mdf-sample" not in alone
    for args in (
        ("plugins", "show", "encoder", "ladder"),
        ("benchmark", "--encoder", "ladder"),
        ("benchmark", "--data", "mdf-sample/planes"),
    ):
        done = gone.mdf(*args)
        assert (done.returncode, done.stdout) == (2, "")
        error, hint = done.stderr.splitlines()
        assert error.startswith("error: no ")
        assert hint.startswith("hint: ")
        assert "mdf_sample" not in done.stderr
        assert "could not be used" not in done.stderr
    assert gone.mdf("benchmark", "--dry-run", "--json", "--encoder", "unet").returncode == 0
