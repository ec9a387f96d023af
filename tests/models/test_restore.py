"""A run's folder is a model, or one error that says what is wrong with it and what to do."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from trained_run import method, runs, trained  # noqa: F401

import mdf
from mdf import api
from mdf.core.errors import MdfError
from mdf.models.restore import restore


@pytest.fixture
def copy(trained: Path, tmp_path: Path) -> Path:  # noqa: F811
    """The three files that are a model."""
    for name in ("config.toml", "model.json", "weights.safetensors"):
        shutil.copy(trained / name, tmp_path / name)
    return tmp_path


def refused(folder: Path) -> MdfError:
    with pytest.raises(MdfError) as error:
        mdf.load(folder, device="cpu")
    assert error.value.hint
    return error.value


def test_three_files_are_a_model(copy: Path) -> None:
    assert mdf.load(copy, device="cpu").size == (32, 32)


def test_latest_and_ids_are_models(runs: Path, trained: Path) -> None:  # noqa: F811
    for text in ("latest", trained.name, trained.name[:6]):
        assert mdf.load(text, runs=runs, device="cpu").folder == trained


def test_weights_are_those_of_the_run(copy: Path) -> None:
    found = restore(copy, device="cpu").placed().model.state_dict()  # `mdf.load` folds batch norms into convolutions
    assert all(torch.equal(found[key].contiguous(), x) for key, x in load_file(copy / "weights.safetensors").items())


def test_a_run_without_a_network_is_refused(method: Path) -> None:  # noqa: F811
    assert "`absdiff`, which leaves no network" in refused(method).message


def test_a_run_that_does_not_exist_is_told(runs: Path) -> None:  # noqa: F811
    with pytest.raises(MdfError, match="no run `nothing`"):
        mdf.load("nothing", runs=runs)


def test_a_wrong_size_is_not_laid_to_the_file(copy: Path) -> None:
    with pytest.raises(MdfError, match=f"^the run {copy.name} with these options: `size`"):
        mdf.load(copy, size="large")


def test_a_plugin_that_was_asked_for_is_used_or_told(copy: Path, tmp_path: Path) -> None:
    asked = [str(tmp_path / "gone.py")]
    with pytest.raises(MdfError, match="plugin `gone` could not be used"):
        mdf.load(copy, plugins=asked)
    with pytest.raises(MdfError, match="plugin `gone` could not be used"):
        api.evaluate(copy, plugins=asked)
    with pytest.raises(MdfError, match="plugin `gone` could not be used"):
        api.predict_files(copy, "a.png", tmp_path, background="bg.png", plugins=asked)


@pytest.mark.parametrize("name", ["model.json", "weights.safetensors"])
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    assert name in refused(copy).message


def test_a_failed_run_says_why_it_left_none(copy: Path) -> None:
    (copy / "weights.safetensors").unlink()
    told = {
        "id": "x",
        "label": "x",
        "status": "oom",
        "config": {},
        "reason": "too large",
        "hint": "smaller",
        "scores": {},
    }
    (copy / "result.json").write_text(json.dumps(told))
    error = refused(copy)
    assert "ended `oom`" in error.message
    assert error.hint == "smaller"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.toml", b"no = toml ="),
        ("config.toml", b"\xff\xfe"),
        ("config.toml", b"colour = 3"),
        ("model.json", b"{"),
        ("model.json", b"[]"),
        ("model.json", b'{"tasks": {"mask": {}}}'),
        ("model.json", b'{"tasks": {"mask": {"unit": "", "constants": {"scale": null}}}}'),
        ("model.json", b'{"tasks": {"normals": {"unit": "", "constants": {}}}}'),
        ("weights.safetensors", b""),
        ("weights.safetensors", b"\x08\x00\x00\x00\x00\x00\x00\x00{}      "),
        ("weights.safetensors", pickle.dumps({"a": 1})),
    ],
    ids=str,
)
def test_a_damaged_file_is_one_error(copy: Path, name: str, content: bytes) -> None:
    (copy / name).write_bytes(content)
    error = refused(copy)
    assert name in error.message or "colour" in error.message


def test_weights_cut_short_are_told(copy: Path) -> None:
    path = copy / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    assert "weights.safetensors is damaged" in refused(copy).message


def test_weights_of_another_network_are_told(copy: Path) -> None:
    weights = load_file(copy / "weights.safetensors")
    key = next(key for key, x in weights.items() if x.dim() == 4)
    save_file({**weights, key: torch.zeros(1, 2, 3, 4)}, copy / "weights.safetensors")
    assert f"`{key}` is 1×2×3×4, in the network" in refused(copy).message
    save_file({k: x for k, x in weights.items() if k != key}, copy / "weights.safetensors")
    assert f"`{key}` is missing" in refused(copy).message
    save_file({**weights, "more": torch.zeros(1)}, copy / "weights.safetensors")
    assert "`more` is not in the network" in refused(copy).message


@pytest.mark.parametrize(("version", "cure"), [("1.2", 'pip install "acme==1.2"'), ("", "mdf -p FILE")])
def test_a_missing_plugin_names_what_to_install(copy: Path, version: str, cure: str) -> None:
    config = copy / "config.toml"
    config.write_text(config.read_text().replace('name = "unet"\nwidth = 8', 'name = "acme/net"'))
    assert "acme/net" in config.read_text()
    stored = json.loads((copy / "model.json").read_text())
    (copy / "model.json").write_text(json.dumps({**stored, "plugins": {"acme": version}}))
    error = refused(copy)
    assert "made with acme" in error.message
    assert cure in error.hint


def test_stored_statistics_need_no_pretrained_encoder(copy: Path) -> None:
    config = copy / "config.toml"
    config.write_text(config.read_text().replace('normalise = "pair"', 'normalise = "encoder"'))
    assert restore(copy, device="cpu").placed().model.normalise.mode == "dataset"
