"""The networks that come with mdf: small files, trained on drawn data, right on scenes and frames never seen before."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
import torch
from image_files import needs
from safetensors import safe_open
from torch import Tensor

import mdf
from mdf.core.config import ExperimentConfig, validate
from mdf.core.dataset import Dataset
from mdf.core.sample import Batch
from mdf.engine.model import Model
from mdf.engine.prepare.resize import resize
from mdf.models import assemble, files
from mdf.registry import Catalog

FOLDER = Path(mdf.__file__).parent / "models" / "shipped"
NAMES = ("mdf-base", "mdf-small")
LARGEST_FILE = 5_000_000
UNSEEN = {"style": "rooms", "size": (96, 128), "train": 16, "val": 1, "test": 1, "frames": 2, "empty": 0.0, "seed": 991}
EASY = {"noise": 0.0, "low_light": 0.0, "camouflage": 0.0}


@pytest.fixture(scope="module", params=NAMES)
def header(request: pytest.FixtureRequest) -> dict[str, str]:
    with safe_open(FOLDER / f"{request.param}.safetensors", "pt") as file:
        return {**(file.metadata() or {}), "name": request.param}


@pytest.fixture(scope="module")
def config(header: dict[str, str]) -> ExperimentConfig:
    return validate(tomllib.loads(header["config"]))


@pytest.fixture(scope="module")
def network(header: dict[str, str], config: ExperimentConfig) -> Model:
    with safe_open(FOLDER / f"{header['name']}.safetensors", "pt") as file:
        weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - it is no mapping
    model = assemble.model(config, ["mask", "depth"], Catalog.discover(()), (0.5,) * 3, (0.25,) * 3)
    assert files.mismatch(weights, model.state_dict()) == ""
    model.load_state_dict(weights)
    return model.eval()


def iou(network: Model, config: ExperimentConfig, batch: Batch) -> float:
    """Pooled over all pixels, at the batch's own size."""
    with torch.inference_mode():
        logits: Tensor = network(resize(batch, config.image_size, {}).without_truth(), ["mask"])["mask"]
    logits = torch.nn.functional.interpolate(logits, batch.size, mode="bilinear", align_corners=False)
    found, true, valid = logits > 0, batch.targets["mask"].bool(), batch.valid["mask"]
    return float((found & true & valid).sum() / ((found | true) & valid).sum())


def test_a_file_is_small_and_says_where_it_comes_from(header: dict[str, str]) -> None:
    assert (FOLDER / f"{header['name']}.safetensors").stat().st_size < LARGEST_FILE
    assert header["format"] == "mdf-model-1"
    assert header["recipe"] == f"recipes/{header['name']}.toml"
    assert header["version"]
    tasks = json.loads(header["model"])["tasks"]
    assert tasks["depth"]["unit"] == "m"
    assert set(tasks["mask"]["calibration"]) == {"temperature", "threshold"}


def test_it_was_trained_as_its_recipe_says(header: dict[str, str], config: ExperimentConfig) -> None:
    # its `size` and `precision` say how it is used
    path = Path(mdf.__file__).parents[1] / header["recipe"]
    recipe = validate(tomllib.loads(path.read_text(encoding="utf-8")))
    for key in ("data", "extra_train"):
        mine, theirs = (getattr(c, key) for c in (config, recipe))
        pairs = zip(mine, theirs, strict=True) if key == "extra_train" else [(mine, theirs)]
        for stored, asked in pairs:
            assert stored.name == asked.name == "scenes"
            same = {name: stored.options[name] for name in asked.options}
            assert {k: _plain(v) for k, v in same.items()} == {k: _plain(v) for k, v in asked.options.items()}
    assert (config.seed, config.enlarge_to) == (recipe.seed, recipe.enlarge_to)
    for key in recipe.train.model_fields_set:
        assert getattr(config.train, key) == getattr(recipe.train, key)


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def test_it_finds_people_in_rooms_that_it_never_saw(network: Model, config: ExperimentConfig) -> None:
    data: Dataset = Catalog.discover(()).create("dataset", "scenes", {**UNSEEN, **EASY})
    assert iou(network, config, data.read(range(16))) > 0.8


def test_light_and_camera_motion_change_its_mask_little(network: Model, config: ExperimentConfig) -> None:
    make = Catalog.discover(()).create
    plain, *changed = (
        iou(network, config, make("dataset", "scenes", {**UNSEEN, **EASY, **more}).read(range(16)))
        for more in ({}, {"exposure": 1.0}, {"shake": 1.0}, {"white_balance": 1.0})
    )
    assert min(changed) > plain - 0.12


@needs("sbi2015")
def test_it_finds_a_walking_person_on_a_real_camera(
    network: Model, config: ExperimentConfig, mdf_test_data: Path
) -> None:
    path = mdf_test_data / "sbi2015" / "dataset" / "sbi" / "IBMtest2"
    data: Dataset = Catalog.discover(()).create("dataset", f"cdnet:{path}", {})
    assert iou(network, config, data.read(range(2, len(data), 6))) > 0.88
