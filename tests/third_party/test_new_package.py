"""`mdf plugins new` writes packages that build, install, pass their own tests, and work beside the built-ins."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import mdf
from mdf.cli import main
from mdf.core.sample import Batch
from mdf.core.spec import KINDS
from mdf.registry import Catalog
from mdf.registry.doctor import examine

pytestmark = pytest.mark.slow

ROOT = Path(mdf.__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a new package of every kind, written, built and installed by the real tools."""
    pytest.importorskip("pip", reason="pip builds and installs the packages")
    pytest.importorskip("hatchling", reason="the packages are built with hatchling")
    folder = tmp_path_factory.mktemp("new")
    names = [f"mdf-my-{kind}" for kind in KINDS]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, kind in zip(names, KINDS, strict=True):
            assert main(["plugins", "new", name, "--kind", kind]) == 0
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    build = [*pip, "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", "wheels"]
    subprocess.run([*build, *(f"./{name}" for name in names)], cwd=folder, check=True, timeout=300)
    wheels = map(str, sorted((folder / "wheels").glob("*.whl")))
    install = [*pip, "install", "-q", "--no-index", "--no-deps", "--target", "site"]
    subprocess.run([*install, *wheels], cwd=folder, check=True, timeout=300)
    return folder


@pytest.fixture
def catalog(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    monkeypatch.syspath_prepend(str(installed / "site"))
    return Catalog.discover()


def batch() -> Batch:
    images = torch.randint(0, 255, (2, 3, 8, 8), dtype=torch.uint8)
    mask = {"mask": torch.ones(2, 1, 8, 8, dtype=torch.uint8)}
    return Batch(("a", "b"), ("s", "s"), images, images, mask, {"mask": torch.ones(2, 1, 8, 8, dtype=torch.bool)})


def test_every_package_is_found_whole(catalog: Catalog) -> None:
    faults, notices = examine(catalog)
    assert not [fault for fault in faults if not fault.builtin]
    assert not [notice for notice in notices if notice.distribution.startswith("mdf-my-")]
    offered = {offer.kind: offer.full_name for offer in catalog if offer.distribution.startswith("mdf-my-")}
    assert offered == {kind: f"mdf-my-{kind}/my-{kind}" for kind in KINDS}


def test_the_packages_own_tests_pass(installed: Path) -> None:
    environ = os.environ | {"PYTHONPATH": f"{installed / 'site'}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *(f"mdf-my-{k}/tests" for k in KINDS)]
    done = subprocess.run(command, cwd=installed, env=environ, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout
    assert f"{len(KINDS)} passed" in done.stdout


def test_the_networks_parts_fit_together(catalog: Catalog) -> None:
    encoder = catalog.create("encoder", "my-encoder", {}, 3)
    fusion = catalog.create("fusion", "my-fusion", {}, encoder.features)
    decoder = catalog.create("decoder", "my-decoder", {}, fusion.features, ["mask"])
    head = catalog.create("head", "my-head", {}, decoder.channels)
    bg = torch.zeros(2, 3, 16, 24)
    background = fusion.background(encoder, bg)
    assert [tuple(m.shape) for m in background] == encoder.features.shapes(2, 16, 24)
    maps = fusion.forward(encoder, background, torch.ones_like(bg))
    logits = head(decoder(maps, ["mask"])["mask"])
    assert logits.shape == (2, 1, 16 // decoder.stride, 24 // decoder.stride)


def test_the_loss_and_the_metric_are_zero_where_nothing_differs(catalog: Catalog) -> None:
    values, valid = torch.rand(2, 1, 4, 4), torch.ones(2, 1, 4, 4, dtype=torch.bool)
    assert catalog.create("loss", "my-loss", {})(values, values, valid) == pytest.approx(0.0, abs=1e-6)
    metric = catalog.create("metric", "my-metric", {})
    assert metric.score(metric.statistics(values, values + 1, valid).sum(0)) == pytest.approx(1.0)


def test_the_predictor_learns_and_predicts(catalog: Catalog) -> None:
    predictor = catalog.create("predictor", "my-predictor", {})
    predictor.fit(lambda: iter([batch(), batch()]))
    assert predictor.predict(batch())["mask"].eq(1).all()


def test_the_schedule_spends_every_step(catalog: Catalog) -> None:
    schedule = catalog.create("schedule", "my-schedule", {})
    for steps in (1, 2, 10, 101):
        phases = schedule.phases(steps, ["mask", "depth"], (64, 64))
        assert sum(phase.steps for phase in phases) == steps
        assert phases[-1].learning == ("mask", "depth")


def test_the_data_set_reads_and_splits_by_scene(catalog: Catalog) -> None:
    dataset = catalog.create("dataset", "my-dataset", {})
    splits = dataset.splits()
    scenes: list[Any] = [set(dataset.read(list(splits.of(name))).scenes) for name in ("train", "val", "test")]
    assert not scenes[0] & scenes[1] | scenes[1] & scenes[2] | scenes[0] & scenes[2]
    assert sum(len(splits.of(name)) for name in ("train", "val", "test")) == len(dataset)


@pytest.mark.parametrize("name", ["Mdf-Wave", "1wave", "mdf-3d", "a/b", "../x", ""])
def test_a_name_that_no_package_can_have_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["plugins", "new", name, "--kind", "loss"]) == 2
    assert "hint: " in capsys.readouterr().err
    assert not list(tmp_path.parent.glob("x")) + list(tmp_path.iterdir())


def test_nothing_is_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mdf-wave").mkdir()
    assert main(["plugins", "new", "mdf-wave", "--kind", "loss"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert not list((tmp_path / "mdf-wave").iterdir())


@pytest.mark.parametrize("name", ["torch", "json", "mdf", "class"])
def test_a_package_that_would_hide_another_is_not_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["plugins", "new", name, "--kind", "loss"]) == 2
    assert f"Python has a `{name}` already" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
