"""Exported networks that read the depth of the empty scene: right with it and without it, and used like the run."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from guided_model import SIZE, ground, guided_run
from PIL import Image

import mdf
from mdf.core.config import Component
from mdf.core.errors import ConfigError
from mdf.core.exporter import Arrays, Run
from mdf.engine.fold_batch_norms import fold
from mdf.engine.model import Background
from mdf.inference.exported.int8 import try_int8
from mdf.inference.exported.judge import Judge
from mdf.inference.exported.parity import check_parity, images_of
from mdf.inference.exported.request import ExportedFormat, ExportRequest
from mdf.inference.live.network.network import LiveNetwork, Question
from mdf.inference.live.network.region import whole
from mdf.inference.network import TorchNetwork
from mdf.inference.session import LoadedModel
from mdf.models.export.card import digest_of, read_card, write_card
from mdf.models.export.describe import README_FILE, card_of, readme_of
from mdf.models.export.graphs import graphs_of
from mdf.models.restore import Restored
from mdf.registry import Catalog

FORMATS = ["onnx", "openvino"]


@pytest.fixture(scope="module")
def run() -> Restored:
    """A network of which layers run on the empty scene alone, so that it has graphs in two steps."""
    made = guided_run(fusion="siamese-diff")
    for head in made.model.heads.values():  # as drawn, heads hardly change with the images
        for parameter in head.parameters():
            parameter.data.mul_(10)
    fold(made.model, SIZE)
    return made


@pytest.fixture(scope="module")
def folders(run: Restored, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An exported folder for each format, as `mdf export` writes it."""
    for package in ("onnx", "onnxscript", "onnxruntime", "openvino"):
        pytest.importorskip(package)
    catalog, graphs = Catalog.discover(), graphs_of(run.model, run.tasks, SIZE)
    out = tmp_path_factory.mktemp("guided")
    for name in FORMATS:
        folder = out / name
        folder.mkdir()
        exporter = catalog.create("exporter", name, {})
        for graph in graphs:
            exporter.write(graph, folder)
        card = card_of(run, graphs, exporter, name, catalog)
        written = [file for graph in card.graphs.values() for file in graph.files]
        write_card(folder, replace(card, sha256={file: digest_of(folder / file) for file in written}))
        (folder / README_FILE).write_text(readme_of(card, exporter))
    return {name: out / name for name in FORMATS}


@pytest.fixture(scope="module")
def images() -> tuple[np.ndarray, np.ndarray]:
    bg, frame = np.random.default_rng(0).integers(0, 256, (2, 60, 80, 3), dtype=np.uint8)
    return bg, frame


def holed() -> np.ndarray:
    depth = 20 * ground()
    depth[10:25, 30:50] = np.nan
    return depth


@pytest.mark.parametrize("name", FORMATS)
def test_it_is_right_with_the_depth_and_without_it_in_both_forms(
    name: str, run: Restored, folders: dict[str, Path]
) -> None:
    card = read_card(folders[name])
    assert card.graphs["model"].inputs == ("bg", "frame", "bg_depth")
    assert card.graphs["background"].inputs == ("bg", "bg_depth")
    exporter = Catalog.discover().create("exporter", name, {})
    parity = check_parity(run, card, exporter, folders[name])
    assert parity.failure == ""
    assert 0 < parity.difference < 1e-4


@pytest.mark.parametrize("name", FORMATS)
def test_a_graph_of_one_size_takes_no_other_and_is_compared_on_three_pairs(
    name: str, run: Restored, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    card, exporter = read_card(folders[name]), Catalog.discover().create("exporter", name, {})
    graph, other = exporter.open(folders[name], "model", 1), (SIZE[0] + 16, SIZE[1])
    images = {key: image.numpy() for key, image in zip(("bg", "frame"), images_of(other), strict=True)}
    with pytest.raises(Exception, match=r"shape|dimensions"):  # each runtime has errors of its own
        graph(card.graphs["model"].fed(images))
    seen: set[bytes] = set()

    def right_twice(folder: Path, graph: str, threads: int) -> Run:
        own = type(exporter).open(exporter, folder, graph, threads)

        def answer(inputs: Arrays) -> dict[str, np.ndarray]:
            seen.add(inputs["frame"].tobytes() if "frame" in inputs else b"")
            return {key: values + 0.01 * (len(seen) > 3) for key, values in own(inputs).items()}

        return answer

    monkeypatch.setattr(exporter, "open", right_twice)
    assert "differs from PyTorch's by 0.01" in check_parity(run, card, exporter, folders[name]).failure


@pytest.mark.parametrize("name", FORMATS)
def test_a_session_with_a_depth_is_that_of_the_run(
    name: str, run: Restored, folders: dict[str, Path], images: tuple[np.ndarray, np.ndarray]
) -> None:
    own, model = LoadedModel.prepare(run, 1), mdf.load(folders[name])
    bg, frame = images
    for depth, unit in ((holed(), "m"), (None, "relative")):
        found, expected = model.open(bg, depth)(frame), own.open(bg, depth)(frame)
        assert found.units["depth"] == expected.units["depth"] == unit
        assert found.depth is not None
        np.testing.assert_allclose(found.depth, expected.depth, rtol=1e-4)
        np.testing.assert_allclose(found.mask, expected.mask, atol=1e-4)


@pytest.mark.parametrize("name", FORMATS)
def test_a_camera_with_a_depth_says_what_the_run_says(
    name: str, run: Restored, folders: dict[str, Path], images: tuple[np.ndarray, np.ndarray]
) -> None:
    bg, frame = (np.ascontiguousarray(image[: SIZE[0], : SIZE[1]]) for image in images)
    own, exported = LiveNetwork(LoadedModel.prepare(run, 1)), LiveNetwork(mdf.load(folders[name]))
    told = []
    for network in (own, exported):
        assert network.guided
        scenes = [network.empty_scene(bg, depth) for depth in (20 * ground(*SIZE), None)]
        told.append(network.answer([Question(scene, frame, whole(SIZE)) for scene in scenes]))
    for expected, found in zip(*told, strict=True):
        np.testing.assert_allclose(found.depth, expected.depth, rtol=1e-3)
    assert np.median(told[1][0].depth) > 10


def test_openvino_computes_in_bf16_where_it_is_asked_to(
    folders: dict[str, Path], images: tuple[np.ndarray, np.ndarray]
) -> None:
    exact, fast = (mdf.load(folders["openvino"], precision=name).predict(*images) for name in ("fp32", "bf16"))
    np.testing.assert_allclose(fast.mask, exact.mask, atol=0.1)
    if torch.cpu.get_capabilities().get("avx512_bf16"):
        assert not np.array_equal(fast.mask, exact.mask)


CTRL_C_LATER = """
import gc, signal, sys
import mdf

first, second = (mdf.load(sys.argv[1]) for _ in range(2))
del first
gc.collect()
del second
gc.collect()
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_is_heard_after_networks_were_closed(folders: dict[str, Path]) -> None:
    """OpenVINO gives a thread a stack for signals, and may take its memory away."""
    line = [sys.executable, "-c", CTRL_C_LATER, str(folders["openvino"])]
    done = subprocess.run(line, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "interrupted\n"), done.stderr


def test_the_graph_alone_gives_depth_in_the_unit_of_the_empty_scenes(folders: dict[str, Path]) -> None:
    folder = folders["onnx"]
    card, exporter = read_card(folder), Catalog.discover().create("exporter", "onnx", {})
    graph, opened = card.graphs["model"], exporter.open(folder, "model", 1)
    random = np.random.default_rng(1)
    given = {key: random.integers(0, 256, (1, 3, *SIZE), dtype=np.uint8) for key in ("bg", "frame")}
    near = ground(*SIZE)[None, None]
    metres, millimetres = (opened(graph.fed({**given, "bg_depth": scale * near})) for scale in (1, 1000))
    np.testing.assert_allclose(millimetres["depth"], 1000 * metres["depth"], rtol=1e-3)
    assert not np.allclose(opened(graph.fed(given))["depth"], metres["depth"], rtol=0.1)


def test_card_and_readme_tell_of_it(folders: dict[str, Path], tmp_path: Path) -> None:
    card, readme = read_card(folders["onnx"]), (folders["onnx"] / README_FILE).read_text()
    assert (card.tasks["depth"].guided, card.tasks["depth"].unit) == (True, "relative")
    assert not card.tasks["mask"].guided
    assert "`bg_depth`, 1×1×H×W float32, is the depth of the empty scene" in readme
    assert '"bg_depth": depth' in readme
    code = readme.split("```python\n")[1].split("```")[0]
    assert len([line for line in code.splitlines() if line.strip()]) <= 13
    check_code(code, folders["onnx"], tmp_path)


def check_code(code: str, folder: Path, work: Path) -> None:
    """The README's lines run where there are the graph and two pictures: without a depth, and with one of 3 m."""
    for name, level in (("empty", 90), ("frame", 120)):
        Image.new("RGB", (80, 60), (level,) * 3).save(work / f"{name}.jpg")
    (work / "model.onnx").write_bytes((folder / "model.onnx").read_bytes())
    assert code.count("np.nan") == 1
    alone = "".join(
        f'{code.replace("np.nan", depth)}\nnp.save("{depth}.npy", values["depth"])\n' for depth in ("np.nan", "3.0")
    )
    command = [sys.executable, "-I", "-c", alone]
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert np.asarray(Image.open(work / "mask.png")).shape == SIZE
    unknown, known = (np.load(work / f"{name}.npy") for name in ("np.nan", "3.0"))
    assert unknown.shape == known.shape == (1, 1, *SIZE)
    assert np.isfinite(unknown).all()
    assert not np.allclose(unknown, known, rtol=0.01)


def test_predict_takes_the_depths_file(
    folders: dict[str, Path], images: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    frame = images[0].copy()
    frame[20:40, 30:45] = 128
    for name, image in (("bg", images[0]), ("frame", frame)):
        Image.fromarray(image).save(tmp_path / f"{name}.png")
    np.save(tmp_path / "depth.npy", holed())
    common = {"background": tmp_path / "bg.png", "background_depth": tmp_path / "depth.npy"}
    mdf.predict_files(folders["onnx"], tmp_path / "frame.png", tmp_path / "out", **common)
    record = json.loads((tmp_path / "out" / "frame.json").read_text())
    assert record["values"]["depth"]["unit"] == "m"
    assert record["background_depth"].endswith("depth.npy")


def test_it_is_judged_with_the_depth_that_the_data_know(tmp_path: Path) -> None:
    """On validation and on test."""
    made = guided_run()
    data = Component(name="scenes", options={"train": 4, "val": 2, "test": 2, "size": 48})
    run = replace(made, config=made.config.model_copy(update={"data": data}))
    judge = Judge(run, ExportRequest(tmp_path, ("onnx",), tmp_path), Catalog.discover(), lambda _: None)
    given: list[bool] = []

    class Noted(TorchNetwork):
        def background(self, images: torch.Tensor, depth: torch.Tensor | None = None) -> Background:
            given.append(depth is not None)
            return super().background(images, depth)

    networks: Any = Noted(run), Noted(run)
    assert judge.objection_to(networks) == ""
    scores, changes = judge.on_test(networks)
    assert given
    assert all(given)
    assert scores
    assert set(changes.values()) == {0.0}


def test_it_gets_no_8_bit_integers(run: Restored, tmp_path: Path) -> None:
    exporter, row = Catalog.discover().create("exporter", "onnx", {}), ExportedFormat("onnx", "fp32", "ok")
    judge = Judge.__new__(Judge)  # nothing is judged
    tried = try_int8(judge, run, exporter, replace(row, folder=str(tmp_path / "onnx")), 1)
    assert (tried.precision, tried.status, tried.folder) == ("int8", "not kept", "")
    assert "lose the depth of the empty scene" in tried.reason
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("fusion", ["aligned", "frame-only"])
def test_all_nan_is_exactly_as_without_a_depth(fusion: str) -> None:
    made = guided_run(fusion=fusion)
    model, random = made.model, torch.Generator().manual_seed(0)
    bg, frame = torch.randint(0, 256, (2, 1, 3, *SIZE), generator=random, dtype=torch.uint8)
    unknown = torch.full((1, 1, *SIZE), torch.nan)
    with torch.no_grad():
        with_nan = model.forward_frame(model.background(bg, depth=unknown), frame)
        without = model.forward_frame(model.background(bg), frame)
    assert all(torch.equal(with_nan[task], without[task]) for task in without)


def test_a_network_without_a_guide_takes_no_depth(images: tuple[np.ndarray, np.ndarray]) -> None:
    plain = guided_run(guided=False, fusion="early")
    graphs = graphs_of(plain.model, plain.tasks, SIZE)
    assert [graph.inputs for graph in graphs] == [("bg", "frame")]
    with pytest.raises(ConfigError, match="reads no depth"):
        LoadedModel.prepare(plain, 1).open(images[0], ground())
