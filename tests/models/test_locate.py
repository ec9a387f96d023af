"""`init`: training begins with another run's weights, statistics and depth scale, at whatever size."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_study import SMALL, Diary

import mdf
from mdf import api
from mdf.cli import main
from mdf.core.config import Component, StoredRun, to_table, validate
from mdf.core.errors import ConfigError, MdfError
from mdf.engine.parts import Start
from mdf.models.locate import located
from mdf.models.start import check_start
from mdf.models.stored_config import config_of
from mdf.report.report import StudyReport
from mdf.runs.result import CHECKPOINT, CONFIG, MODEL, WEIGHTS


def trained(runs: Path, *more: str, **keys: Any) -> StudyReport:
    """`mdf.train` of a few steps on tiny scenes."""
    asked: dict[str, Any] = {"encoder": "unet", "steps": 4, "settings": [*SMALL, *more], "runs": runs, "force": True}
    return api.train(observer=Diary(), **{**asked, **keys})


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("start") / "runs"


@pytest.fixture(scope="module")
def base(runs: Path) -> Path:
    """A run that trained at 32."""
    report = trained(runs)
    assert report.ok
    folder = Path(report.results[0].folder)
    assert not (folder / CHECKPOINT).exists()  # what ended well needs none
    return folder


def history(folder: str | Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((Path(folder) / "history.json").read_text())
    return found


def test_it_goes_on_at_another_size_and_keeps_the_depth_scale(runs: Path, base: Path) -> None:
    larger = trained(runs, "data.seed=5", init="latest", size="40x56", steps=1).results[0]
    assert larger.ok
    assert larger.config["size"] == [40, 56]
    kept, own = (json.loads((Path(folder) / MODEL).read_text())["tasks"] for folder in (base, larger.folder))
    for task in ("mask", "depth"):  # other scenes, whose own scale would be another
        assert own[task]["constants"] == kept[task]["constants"]
        assert own[task]["unit"] == kept[task]["unit"]
    stored = tomllib.loads((Path(larger.folder) / CONFIG).read_text())["init"]
    assert stored["run"] == base.name
    assert set(stored) == {"run", "sha256"}  # where it lay decides nothing


def test_its_untrained_score_is_the_other_runs_best(runs: Path, base: Path) -> None:
    """One task of a run of two can be trained on."""
    again = trained(runs, init=base.name, heads="mask", steps=1).results[0]
    best = max((e for e in history(base) if e["eligible"]), key=lambda e: e["selection"])
    of_mask = {key: value for key, value in best["scores"].items() if key.startswith("mask/")}
    assert of_mask
    assert history(again.folder)[0]["scores"] == of_mask


@pytest.mark.parametrize("size", ["224", "97x131"])
def test_weights_of_one_size_work_at_any_other(base: Path, size: str) -> None:
    model = mdf.load(base, size=size)
    assert model.size == ((224, 224) if size == "224" else (97, 131))
    frames = np.random.default_rng(0).integers(0, 255, (2, 97, 131, 3), dtype=np.uint8)
    found = model.predict(frames[0], frames[1])
    assert found.mask is not None
    assert found.mask.shape == (97, 131)
    assert np.isfinite(found.values["depth"]).all()
    here = mdf.load(base).predict(frames[0], frames[1])
    assert not np.array_equal(here.mask, found.mask)


def test_it_is_evaluated_at_another_size(base: Path) -> None:
    own, larger = (api.evaluate(base, size=size) for size in (None, "48x64"))
    assert own.columns == larger.columns
    assert own.groups[0].scores != larger.groups[0].scores
    with pytest.raises(MdfError, match="size"):
        api.evaluate(base, size="huge")


def test_another_network_is_refused_before_training_naming_what_differs(runs: Path, base: Path) -> None:
    with pytest.raises(ConfigError, match=r"`encoder.width` is 4 there and 8 here") as caught:
        trained(runs, "encoder.width=8", init=base.name)
    assert "\n" not in caught.value.message
    assert base.name in caught.value.message
    assert caught.value.hint
    config = config_of(base).model_copy(
        update={"init": StoredRun(run=base.name, folder=str(base)), "encoder": Component(name="resnet18")}
    )
    with pytest.raises(ConfigError, match=r"`encoder` is unet there and resnet18 here"):
        check_start(Start({}, {}), {"encoder.layer": torch.zeros(1)}, config)


@pytest.mark.parametrize("file", [WEIGHTS, MODEL])
def test_the_networks_files_are_part_of_the_identity_and_their_place_is_not(
    base: Path, tmp_path: Path, file: str
) -> None:
    """`model.json` holds the depth scale: another one is another beginning."""
    found = located(validate({"init": str(base)}), tmp_path)
    assert found.init is not None
    copied = tmp_path / "elsewhere" / base.name
    shutil.copytree(base, copied)
    assert to_table(located(validate({"init": str(copied)}), tmp_path)) == to_table(found)
    content = bytearray((copied / file).read_bytes())
    content[-1] ^= 1
    (copied / file).write_bytes(content)
    assert to_table(located(validate({"init": str(copied)}), tmp_path)) != to_table(found)
    with pytest.raises(ConfigError, match="have changed: `init`"):
        located(found.model_copy(update={"init": StoredRun(run=str(copied), sha256=found.init.sha256)}), tmp_path)
    (copied / file).unlink()
    with pytest.raises(ConfigError, match="left no network to start from"):
        located(validate({"init": str(copied)}), tmp_path)


def test_what_cannot_be_begun_with_is_told(runs: Path, tmp_path: Path) -> None:
    with pytest.raises(MdfError, match="no run `nowhere`"):
        trained(runs, init="nowhere")
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / CONFIG).write_text('encoder = "unet"\n')
    with pytest.raises(ConfigError, match="left no network"):
        located(validate({"init": str(tmp_path / "bare")}), runs)


def test_several_configurations_are_not_one(runs: Path) -> None:
    with pytest.raises(ConfigError, match="2 configurations"):
        api.train(encoder=["unet", "resnet18"], runs=runs)
    with pytest.raises(ConfigError, match="a method without training"):
        api.train(config={"predictor": "absdiff"}, runs=runs)


def test_the_command_prints_scores_and_where_the_weights_are(
    runs: Path, base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same trial as `mdf.train` ran, which is not trained again."""
    options = [part for setting in SMALL for part in ("--set", setting)]
    asked = ["train", "--encoder", "unet", "--steps", "4", "--runs", str(runs), "--force", *options]
    assert main(asked) == 0
    told = capsys.readouterr()
    assert "kept from before" in told.err
    assert told.out.splitlines()[-1] == f"weights: {base / WEIGHTS}"
    assert "mask IoU" in told.out
    assert main([*asked, "--encoder", "resnet18"]) == 2
    assert "2 configurations" in capsys.readouterr().err
