"""A trained network in one file: it predicts as its run does, any command takes it, and names that come with mdf."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hatchling.builders.wheel import WheelBuilder
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from trained_run import runs, trained  # noqa: F401 - fixtures

import mdf
from mdf import api
from mdf.cli import main
from mdf.core.errors import MdfError
from mdf.models import locate
from mdf.models.files import stored_model
from mdf.models.locate import find_model
from mdf.runs.result import MODEL

ROOT = Path(mdf.__file__).parents[1]


@pytest.fixture(scope="module")
def packed(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    """The run as one file, which comes with mdf as `mdf-tiny` where `shipped` is used."""
    file = tmp_path_factory.mktemp("shipped") / "mdf-tiny.safetensors"
    api.pack_run(str(trained), file, recipe="recipes/tiny.toml")
    return file


@pytest.fixture
def shipped(packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locate, "SHIPPED", packed.parent)


def images() -> tuple[np.ndarray, np.ndarray]:
    bg, frame = np.random.default_rng(0).integers(0, 255, (2, 40, 56, 3), dtype=np.uint8)
    return bg, frame


def test_one_file_predicts_bit_for_bit_as_its_run(trained: Path, packed: Path) -> None:  # noqa: F811
    run, file = mdf.load(trained).predict(*images()), mdf.load(packed).predict(*images())
    assert np.array_equal(run.mask, file.mask)
    assert np.array_equal(run.depth, file.depth)
    assert run.units == file.units


def test_half_the_space_changes_next_to_nothing(trained: Path, packed: Path, tmp_path: Path) -> None:  # noqa: F811
    small = api.pack_run(str(trained), tmp_path / "half.safetensors", half=True)
    assert small.size < 0.6 * packed.stat().st_size
    whole, half = mdf.load(packed).predict(*images()), mdf.load(small.file).predict(*images())
    assert not np.array_equal(whole.mask, half.mask)
    np.testing.assert_allclose(whole.mask, half.mask, atol=2e-3)


def test_the_header_says_what_it_is_and_nothing_of_the_machine(packed: Path) -> None:
    with safe_open(packed, "numpy") as file:
        header = file.metadata()
    assert header["version"] == mdf.__version__
    assert header["recipe"] == "recipes/tiny.toml"
    assert '"unit": "m"' in header["model"]
    assert "normalise" in header["config"]
    assert not {"threads", "device"} & set(tomllib.loads(header["config"]))


@pytest.mark.usefixtures("shipped")
def test_a_bare_name_works_wherever_a_run_is_taken(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert mdf.load("mdf-tiny").reference == "mdf-tiny"
    scored = api.evaluate("mdf-tiny")
    assert scored.run == "mdf-tiny"
    assert scored.groups[0].samples == 5
    asked = ["--init", "mdf-tiny", "--dry-run", "--json", "--predictor", "none", "--set", "data.size=32"]
    assert main(["benchmark", *asked, "--runs", str(tmp_path)]) == 0  # builds the network that it starts from
    (cell,) = json.loads(capsys.readouterr().out)
    assert cell["config"]["init"]["run"] == "mdf-tiny"
    assert cell["config"]["encoder"]["width"] == 8
    assert main(["benchmark", *asked, "--encoder", "resnet18", "--runs", str(tmp_path)]) == 2
    assert "`encoder` is unet there and resnet18 here" in capsys.readouterr().err


@pytest.mark.usefixtures("shipped")
def test_an_unknown_name_gets_the_closest_and_all_that_come_with_mdf(tmp_path: Path) -> None:
    with pytest.raises(MdfError, match="no run `mdf-tniy`") as error:
        mdf.load("mdf-tniy", runs=tmp_path)
    assert "did you mean `mdf-tiny`?" in error.value.hint
    with pytest.raises(MdfError, match=r"no file .*gone\.safetensors"):
        mdf.load(tmp_path / "gone.safetensors")


@pytest.mark.usefixtures("shipped")
def test_a_name_that_comes_with_mdf_means_the_same_in_every_folder(
    packed: Path,
    trained: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.copytree(trained, tmp_path / "mdf-tiny")
    monkeypatch.chdir(tmp_path)
    assert find_model("mdf-tiny", tmp_path) == packed
    assert find_model("./mdf-tiny", tmp_path).is_dir()
    assert find_model(trained / "weights.safetensors", tmp_path) == trained


def test_weights_alone_and_a_damaged_file_are_told(packed: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.safetensors"
    save_file(load_file(packed), bare)
    with pytest.raises(MdfError, match="no packed model of mdf") as error:
        mdf.load(bare)
    assert "mdf runs pack" in error.value.hint
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(packed.read_bytes()[:1000])
    with pytest.raises(MdfError, match="is damaged"):
        mdf.load(cut)


def test_the_command_packs_and_names_the_file(
    trained: Path,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "mine.safetensors"
    assert main(["runs", "pack", str(trained), "--out", str(out)]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    assert main(["runs", "pack", str(trained), "--out", str(tmp_path / "mine.bin")]) == 2
    assert "mine.safetensors" in capsys.readouterr().err


def test_a_model_in_the_wheel_is_found_by_its_name_after_installation(packed: Path, tmp_path: Path) -> None:
    source, installed = tmp_path / "source", tmp_path / "installed"
    shutil.copytree(ROOT / "mdf", source / "mdf", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    (source / "mdf/models/shipped").mkdir(exist_ok=True)
    shutil.copy(packed, source / "mdf/models/shipped")
    (wheel,) = WheelBuilder(str(source)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as file:
        file.extractall(installed)
    code = "import mdf; print(mdf.__file__, mdf.load('mdf-tiny').reference)"
    environ = {**os.environ, "PYTHONPATH": str(installed)}
    said = subprocess.run(
        [sys.executable, "-c", code], env=environ, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120
    )
    assert said.stdout.split() == [str(installed / "mdf/__init__.py"), "mdf-tiny"]


def test_a_calibration_is_fitted_again_as_training_fitted_it(
    trained: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(trained, bare)
    table = json.loads((bare / MODEL).read_text())
    fitted = table["tasks"]["mask"].pop("calibration")
    (bare / MODEL).write_text(json.dumps(table))
    before, after = (
        api.pack_run(str(bare), tmp_path / f"{again}.safetensors", calibrate=again).file for again in (False, True)
    )
    assert fitted["temperature"] != 1
    assert stored_model(before).tasks["mask"].calibration == {}
    assert stored_model(after).tasks["mask"].calibration == pytest.approx(fitted)
