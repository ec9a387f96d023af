"""The known depth of the empty scene in use: files as others write them, sessions, `mdf predict`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
import torch
from guided_model import SIZE, ground, guided_model
from PIL import Image

from mdf import api
from mdf.core.config import Component
from mdf.core.errors import ConfigError, DataError
from mdf.core.sample import BACKGROUND_DEPTH, Batch
from mdf.data.wrappers import OneDepth
from mdf.inference.background_depth import background_depth
from mdf.inference.evaluate import evaluate
from mdf.inference.request import EvaluationRequest
from mdf.inference.session import LoadedModel
from mdf.models.locate import find_model
from mdf.registry import Catalog


@pytest.fixture(scope="module")
def model() -> LoadedModel:
    return guided_model()


@pytest.fixture(scope="module")
def images() -> tuple[np.ndarray, np.ndarray]:
    bg, frame = np.random.default_rng(0).integers(0, 256, (2, 60, 80, 3), dtype=np.uint8)
    return bg, frame


def test_a_depth_map_is_read_as_pillow_tifffile_and_numpy_write_it(tmp_path: Path) -> None:
    metres = ground()
    metres[3, 4] = np.nan
    np.save(tmp_path / "a.npy", metres.astype(np.float64))
    tifffile.imwrite(tmp_path / "a.tiff", metres)
    Image.fromarray((np.nan_to_num(metres) * 1000).round().astype(np.uint16)).save(tmp_path / "a.png")
    cv2.imwrite(str(tmp_path / "b.png"), (np.nan_to_num(metres) * 1000).round().astype(np.uint16))
    for name in ("a.npy", "a.tiff", "a.png", "b.png"):
        read = background_depth(tmp_path / name)
        assert np.isnan(read[3, 4]), name
        assert np.nanmax(np.abs(read - metres)) <= 0.0006, name


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda p: Image.fromarray(np.zeros((60, 80), np.uint8)).save(p / "d.png"), "8 bits a pixel"),
        (lambda p: Image.fromarray(np.zeros((60, 80), np.uint16)).save(p / "d.png"), "no depth above 0"),
        (lambda p: Image.fromarray(np.ones((30, 80), np.uint16)).save(p / "d.png"), "80.30 pixels"),
    ],
)
def test_what_is_no_depth_map_of_this_scene_is_refused(tmp_path: Path, write, message: str) -> None:  # type: ignore[no-untyped-def]
    write(tmp_path)
    with pytest.raises(DataError, match=message):
        background_depth(tmp_path / "d.png", (60, 80))


def test_an_empty_scene_keeps_its_depth_in_any_scale(model: LoadedModel, images: tuple[np.ndarray, np.ndarray]) -> None:
    """An untrained network takes a small step from it, and the same one whatever its scale."""
    bg, frame = images
    near = model.predict(bg, frame, ground())
    far = model.predict(bg, frame, 40 * ground())
    assert near.depth is not None
    assert near.depth.shape == (60, 80)
    assert np.abs(np.log(near.depth / ground())).max() < 0.8
    assert np.allclose(far.depth, 40 * near.depth, rtol=1e-3)
    assert np.allclose(near.mask, far.mask, atol=1e-5)


def test_its_unit_is_metres_only_with_the_known_depth(
    model: LoadedModel, images: tuple[np.ndarray, np.ndarray]
) -> None:
    bg, frame = images
    assert model.predict(bg, frame).units["depth"] == "relative"
    assert model.predict(bg, frame, ground()).units["depth"] == "m"


def test_several_backgrounds_share_one_depth(model: LoadedModel, images: tuple[np.ndarray, np.ndarray]) -> None:
    pair = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
    both = model.open(pair, ground())(pair)
    assert both.depth is not None
    assert both.depth.shape == (2, 60, 80)


def test_a_network_that_reads_no_depth_says_so(images: tuple[np.ndarray, np.ndarray]) -> None:
    plain = guided_model(guided=False)
    assert plain.predict(*images).units["depth"] == "m"
    with pytest.raises(ConfigError, match="reads no depth of the empty scene"):
        plain.open(images[0], ground())


def test_a_batch_with_and_without_depth_is_the_two_apart(model: LoadedModel) -> None:
    network = model.restored.model
    random = torch.Generator().manual_seed(1)
    bg, frame = torch.randint(0, 256, (2, 2, 3, *SIZE), generator=random, dtype=torch.uint8)
    depth = torch.from_numpy(ground(*SIZE))[None, None].repeat(2, 1, 1, 1)
    depth[1] = torch.nan
    names = ("a", "b")
    with torch.no_grad():
        both = network(Batch(names, names, bg, frame, known={BACKGROUND_DEPTH: depth}))["depth"]
        without = network(Batch(names, names, bg, frame))["depth"]
    assert torch.allclose(both[1], without[1], atol=1e-4)
    assert not torch.allclose(both[0], without[0], atol=1e-2)


def test_predict_writes_metres_beyond_the_networks_own_range(tmp_path: Path) -> None:
    bg = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    frame = bg.copy()
    frame[20:40, 30:45] = 128
    for name, image in (("bg", bg), ("frame", frame)):
        Image.fromarray(image).save(tmp_path / f"{name}.png")
    np.save(tmp_path / "depth.npy", 15 * ground())
    frame_file, common = tmp_path / "frame.png", {"background": tmp_path / "bg.png"}
    api.predict_files("mdf-small", frame_file, tmp_path / "out", **common, background_depth=tmp_path / "depth.npy")
    record = json.loads((tmp_path / "out" / "frame.json").read_text())
    assert record["values"]["depth"]["unit"] == "m"
    assert record["background_depth"].endswith("depth.npy")
    levels = np.asarray(Image.open(tmp_path / "out" / "frame-depth.png"))
    metres = levels * record["values"]["depth"]["scale"] + record["values"]["depth"]["offset"]
    assert 60 < metres.max() <= 15 * 6 * 1.25
    api.predict_files("mdf-small", frame_file, tmp_path / "without", **common)
    assert json.loads((tmp_path / "without" / "frame.json").read_text())["values"]["depth"]["unit"] == "relative"


def test_a_fusion_alone_may_read_the_depth(images: tuple[np.ndarray, np.ndarray]) -> None:
    model = guided_model(guided=True, head=False)
    bg, frame = images
    plain, told = model.predict(bg, frame), model.open(bg, ground())(frame)
    assert np.abs(plain.values["depth"] - told.values["depth"]).max() > 1e-4  # it looks at it
    assert plain.units == told.units == {"mask": "", "depth": "m"}  # and nothing is scaled by it
    assert model.open(bg, ground()).farthest is None


def test_one_depth_is_that_of_every_sample() -> None:
    dataset = Catalog.discover().create("dataset", "scenes", {"size": [60, 80], "train": 4, "val": 2, "test": 2})
    known = OneDepth(dataset, torch.from_numpy(ground()), "depth.npy")
    batch = known.read([0, 3])
    assert torch.equal(batch.known[BACKGROUND_DEPTH], torch.from_numpy(ground()).expand(2, 1, -1, -1))
    assert known.knows == (BACKGROUND_DEPTH,)
    with pytest.raises(DataError, match=r"depth.npy"):
        OneDepth(dataset, torch.ones(30, 40), "depth.npy").read([0])


def test_evaluate_gives_the_network_the_depth_of_the_scene(tmp_path: Path) -> None:
    np.save(tmp_path / "depth.npy", np.full((64, 64), 4.0, np.float32))
    options = {"size": 64, "train": 1, "val": 1, "test": 2}
    plain = EvaluationRequest(find_model("mdf-small", tmp_path), Component(name="scenes", options=options), size="64")
    told = replace(plain, background_depth=tmp_path / "depth.npy")
    scored = [evaluate(lambda stage: None, request) for request in (plain, told)]  # noqa: ARG005
    key = next(column.key for column in scored[0].columns if column.key.startswith("depth/"))
    first, second = (one.groups[0].scores[key] for one in scored)
    assert first != second
