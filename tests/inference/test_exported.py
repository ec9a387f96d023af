"""Exported networks: they compute what the run computes, are used like it, and nothing wrong is kept."""

# ruff: noqa: F811 - fixtures are named where they are imported
from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
import torch
from exported_run import exported, folder_of  # noqa: F401
from PIL import Image
from trained_run import runs, trained  # noqa: F401

import mdf
from mdf.core.errors import ConfigError, MdfError
from mdf.core.exporter import Exporter, Run
from mdf.inference.exported import int8, parity, precision
from mdf.inference.exported.int8 import try_int8
from mdf.inference.exported.judge import Judge
from mdf.inference.exported.precision import try_precision
from mdf.inference.exported.request import ExportCosts, ExportedFormat, ExportReport, ExportRequest
from mdf.models.export.card import GraphFiles, read_card
from mdf.models.restore import restore
from mdf.plugins.exporters.onnx_runtime import OnnxRuntime
from mdf.registry import Catalog

RUNTIMES = {"onnx": ("onnxruntime", "flatbuffers"), "openvino": ("openvino",)}
"""What the README's lines need beside NumPy and Pillow."""
FORMATS = list(RUNTIMES)
BROKEN = """
from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec

@hookimpl
def mdf_exporters():
    return [Spec("broken", "broken_exporter_classes:Broken", "Off by a little.")]
"""
CLASSES = """
from mdf.plugins.exporters.torch_program import TorchProgram

class Broken(TorchProgram):
    def open(self, folder, name, threads):
        run = super().open(folder, name, threads)
        return lambda inputs: {key: values + 0.01 for key, values in run(inputs).items()}
"""


@pytest.fixture
def images(tmp_path: Path) -> tuple[Path, Path]:
    """An empty scene and a frame of it, 60×80."""
    random = np.random.default_rng(0)
    empty = random.integers(0, 256, (60, 80, 3), dtype=np.uint8)
    frame = empty.copy()
    frame[20:40, 30:50] = 255
    paths = (tmp_path / "empty.png", tmp_path / "frame.png")
    for path, pixels in zip(paths, (empty, frame), strict=True):
        Image.fromarray(pixels).save(path)
    return paths


def test_every_format_is_right_and_measured(exported: ExportReport) -> None:
    assert exported.ok
    assert exported.torch is not None
    for row in exported.formats:
        assert (row.status, row.reason, row.precision) == ("ok", "", "fp32")
        assert row.difference is not None
        assert row.difference < 1e-3
        assert len(row.sizes) == 3
        assert sum(side % 2 for size in row.sizes for side in size) >= 2
        assert row.costs is not None
        assert row.costs.milliseconds > 0
        assert {"README.md", "model.json"} < {path.name for path in Path(row.folder).iterdir()}
    small = {row.format: row.costs.megabytes for row in exported.formats if row.costs}
    assert small["onnx"] < exported.torch.megabytes / 2


@pytest.mark.parametrize("name", FORMATS)
def test_it_is_used_like_the_run(
    name: str,
    exported: ExportReport,
    trained: Path,
    images: tuple[Path, Path],
) -> None:
    model, own = mdf.load(folder_of(exported, name)), mdf.load(trained, device="cpu", precision="fp32")
    assert (model.size, list(model.tasks)) == (own.size, list(own.tasks))
    found, expected = model.predict(*images), own.predict(*images)
    assert found.units == expected.units
    for task in expected.values:
        np.testing.assert_allclose(found.values[task], expected.values[task], atol=1e-3)
    session = model.open(images[0])
    pair = torch.from_numpy(np.stack([np.array(Image.open(path)) for path in images])).permute(0, 3, 1, 2)
    both = session.values(pair)
    np.testing.assert_allclose(both["mask"][1, 0], found.mask, atol=1e-5)
    network, images_of_two = model.network, torch.nn.functional.interpolate(pair.float(), model.size).byte()
    scenes = [network.background(one[None]) for one in images_of_two]
    swapped = network.values(network.joined(scenes[::-1]), images_of_two)
    for number, scene in enumerate(scenes[::-1]):
        alone = network.values(scene, images_of_two[number : number + 1])
        torch.testing.assert_close(swapped["mask"][number : number + 1], alone["mask"])


def test_it_works_at_another_size_where_it_takes_any(exported: ExportReport, images: tuple[Path, Path]) -> None:
    model = mdf.load(folder_of(exported, "onnx"), size="57x75")
    assert model.size == (57, 75)
    assert model.predict(*images).mask is not None
    with pytest.raises(MdfError, match="no sides below"):
        mdf.load(folder_of(exported, "onnx"), size=8)


def test_it_watches_as_the_run_watches(exported: ExportReport, trained: Path, tmp_path: Path) -> None:
    empty = np.random.default_rng(0).integers(60, 190, (64, 64, 3), dtype=np.uint8)
    for number in range(10):
        frame = empty.copy()
        frame[16:48, 6 * number : 6 * number + 24] = (255, 230, 20)
        Image.fromarray(frame if number else empty).save(tmp_path / f"{number:02}.png")
    told = []
    for network in (trained, folder_of(exported, "openvino")):
        watching = mdf.watch(network, tmp_path / "*.png", background="first", precision="auto")
        told.append([(e.kind, e.phase, e.time, e.object and e.object.id) for e in watching])
        (counts,) = watching.summary().values()
        assert 0 < counts["computed"] <= counts["frames"] == 10
    assert told[0] == told[1]


def test_its_files_are_written_as_a_run_writes_them(
    exported: ExportReport,
    images: tuple[Path, Path],
    tmp_path: Path,
) -> None:
    empty, frame = images
    written = mdf.predict_files(folder_of(exported, "onnx"), frame, tmp_path / "out", background=empty)
    assert {Path(path).name for path in written.files} == {"frame-mask.png", "frame-depth.png", "frame.json"}


@pytest.mark.parametrize("name", FORMATS)
def test_the_readme_runs_without_torch_and_mdf(
    name: str, exported: ExportReport, images: tuple[Path, Path], tmp_path: Path
) -> None:
    """With the folders of the runtime, numpy and Pillow alone, and no path to anything else."""
    folder = folder_of(exported, name)
    assert len([line for line in readme_code(folder).splitlines() if line.strip()]) <= 12
    site = tmp_path / "site"
    site.mkdir()
    for package in ("numpy", "PIL", *RUNTIMES[name]):
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            continue
        (site / package).symlink_to(Path(spec.origin).parent)
        for libraries in Path(spec.origin).parents[1].glob(f"{package.lower()}.libs"):
            (site / libraries.name).symlink_to(libraries)
    for libraries in Path(np.__file__).parents[1].glob("pillow.libs"):
        (site / libraries.name).symlink_to(libraries)
    check_readme([sys.executable, "-I", "-S"], f"import sys; sys.path.append({str(site)!r})", folder, images, tmp_path)
    with pytest.raises(ImportError):
        subprocess_import("torch", site)


@pytest.mark.slow
def test_the_readme_runs_in_a_new_environment(
    exported: ExportReport, images: tuple[Path, Path], tmp_path: Path
) -> None:
    """As a user makes one on another machine: by venv and pip."""
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "env")], check=True)
    (python,) = (path for name in ("bin/python", "Scripts/python.exe") if (path := tmp_path / "env" / name).exists())
    install = [str(python), "-m", "pip", "install", "--quiet", "onnxruntime", "numpy", "pillow"]
    done = subprocess.run(install, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"pip has no package index here: {done.stderr.strip().splitlines()[-1]}")
    listed = subprocess.run([str(python), "-m", "pip", "list"], check=True, capture_output=True, text=True).stdout
    assert not {"torch", "mask-depth-framework", "onnx"} & {line.split()[0] for line in listed.splitlines() if line}
    check_readme([str(python), "-I"], "import sys", folder_of(exported, "onnx"), images, tmp_path)


def readme_code(folder: Path) -> str:
    """The Python that the folder's README shows."""
    return (folder / "README.md").read_text().split("```python\n")[1].split("```")[0]


def check_readme(python: list[str], before: str, folder: Path, images: tuple[Path, Path], tmp_path: Path) -> None:
    """The README's lines make a mask where there are the graph and two pictures, without torch, onnx and mdf."""
    work = tmp_path / "work"
    work.mkdir()
    for name, path in zip(("empty.jpg", "frame.jpg"), images, strict=True):
        Image.open(path).save(work / name, quality=95)
    for file in read_card(folder).graphs["model"].files:
        shutil.copy(folder / file, work)
    alone = f"{before}\n{readme_code(folder)}\nassert not {{'torch', 'onnx', 'mdf'}} & set(sys.modules)\n"
    environ = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run([*python, "-c", alone], cwd=work, env=environ, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert np.asarray(Image.open(work / "mask.png")).shape == read_card(folder).size


def subprocess_import(package: str, site: Path) -> None:
    """Raise ImportError where the package is not there."""
    code = f"import sys; sys.path.append({str(site)!r}); import {package}"
    if subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True).returncode:
        raise ImportError(package)


def test_a_pt2_file_is_written_and_not_opened(exported: ExportReport) -> None:
    with pytest.raises(MdfError, match="may run code"):
        mdf.load(folder_of(exported, "torch"))


def test_what_a_device_and_a_changed_file_are_told(exported: ExportReport, tmp_path: Path) -> None:
    folder = folder_of(exported, "onnx")
    with pytest.raises(MdfError, match="runs in its own precision: onnx has no bf16"):
        mdf.load(folder, precision="bf16")
    with pytest.raises(MdfError, match="which runs on the CPU"):
        mdf.load(folder, device="cuda")
    with pytest.raises(MdfError, match="holds some that were exported") as told:
        mdf.load(folder.parent)
    assert f"name one: {folder}, {folder.parent / 'openvino'}, " in told.value.hint
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in folder.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    (copy / "model.onnx").write_bytes(b"\0" + (folder / "model.onnx").read_bytes())
    with pytest.raises(MdfError, match="has changed since it was exported"):
        mdf.load(copy)
    card = json.loads((folder / "model.json").read_text())
    card["graphs"]["model"]["files"] = ["../../etc/passwd"]
    card["sha256"] = {"../../etc/passwd": "0"}
    (copy / "model.json").write_text(json.dumps(card))
    with pytest.raises(MdfError, match="not in its folder"):
        mdf.load(copy)


def test_the_card_tells_all_that_a_user_needs(exported: ExportReport, trained: Path) -> None:
    card = read_card(folder_of(exported, "onnx"))
    assert card.run == trained.name
    threshold = mdf.load(trained).tasks["mask"].calibration["threshold"]
    assert card.tasks["mask"].foreground_from == pytest.approx(threshold)
    assert mdf.load(folder_of(exported, "onnx")).tasks["mask"].calibration["threshold"] == pytest.approx(threshold)
    assert card.tasks["depth"].unit == "m"
    assert card.graphs["model"].outputs == ("mask", "depth", "mask/logits", "depth/logits")
    assert (card.licence, card.trained_on) == ("", ("scenes",))
    readme = (folder_of(exported, "onnx") / "README.md").read_text()
    assert "Licence of the network: Nobody told it" in readme
    assert "trained on `scenes`. Their licences apply too." in readme
    assert card.scores.keys() >= {"mask/iou", "depth/rmse"}
    assert {column["key"] for column in card.columns} == set(card.scores)
    assert all("protocol" in column for column in card.columns)
    assert card.normalisation["mode"] == "pair"
    assert set(card.sha256) == {"model.onnx"}


def test_a_format_that_is_wrong_is_a_row_with_its_reason_and_leaves_nothing(
    trained: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "broken_exporter.py").write_text(BROKEN)
    (tmp_path / "broken_exporter_classes.py").write_text(CLASSES)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    plugins = [str(tmp_path / "broken_exporter.py")]
    report = mdf.export(trained, tmp_path / "out", to=["broken", "torch"], plugins=plugins)
    broken, right = report.formats
    assert not report.ok
    assert (broken.status, broken.folder) == ("failed", "")
    assert "differs from PyTorch's by 0.01" in broken.reason
    assert right.status == "ok"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["torch"]


@pytest.mark.filterwarnings("ignore")
def test_an_input_that_changes_nothing_is_found(trained: Path) -> None:
    run = restore(trained, device="cpu", precision="fp32")
    answer: Run = lambda inputs: {"mask": inputs["frame"].astype(np.float32)}  # noqa: E731

    card = SimpleNamespace(graphs={"model": GraphFiles(("bg", "frame"), ("mask",), ())})
    assert parity._unused(answer, card, run.config.image_size) == "bg"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"formats": ("onnx", "onnx")}, "given twice"),
        ({"max_loss": {"iou": 0.1}}, "add `--int8`"),
        ({"precision": "auto"}, "float32 is always checked"),
        ({"precision": "bf61"}, "bf61"),
    ],
)
def test_a_request_whose_parts_do_not_fit_is_refused(changes: dict[str, object], told: str) -> None:
    request = replace(ExportRequest(Path(), ("onnx",), Path()), **changes)
    with pytest.raises(MdfError, match=told):
        request.check()


def test_a_graph_of_any_size_is_refused_where_the_network_enlarges_its_own_images(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="images of 96x128 are enlarged 2 times") as caught:
        mdf.export("mdf-small", tmp_path / "out", size="96x128", any_size=True)
    assert "sides from 129 on" in caught.value.hint
    assert not (tmp_path / "out" / "onnx").exists()


def test_a_folder_that_is_there_is_kept(exported: ExportReport, trained: Path) -> None:
    with pytest.raises(MdfError, match="is there already"):
        mdf.export(trained, folder_of(exported, "onnx").parent, to="onnx")
    with pytest.raises(MdfError, match="onnx"):
        mdf.export(trained, folder_of(exported, "onnx").parent / "other", to="onxx")


@pytest.mark.parametrize(
    ("max_loss", "before", "after", "told"),
    [
        ({}, {"mask/iou": 0.9}, {"mask/iou": 0.895}, ""),
        ({}, {"mask/iou": 0.9}, {"mask/iou": 0.88}, "became worse by 0.0200 on validation, and 0.0090 is allowed"),
        ({"iou": 0.05}, {"mask/iou": 0.9}, {"mask/iou": 0.88}, ""),
        ({}, {"mask/iou": 0.9}, {}, "mask/iou could not be judged"),
        ({}, {}, {}, "the validation split gives no score"),
    ],
)
def test_what_8_bit_integers_cost_is_judged_and_what_cannot_be_judged_is_not_kept(
    max_loss: dict[str, float], before: dict[str, float], after: dict[str, float], told: str
) -> None:
    judge = Judge.__new__(Judge)  # without its data
    higher = SimpleNamespace(protocol=SimpleNamespace(direction="higher"))
    column = SimpleNamespace(key="mask/iou", name="iou", metric=higher)
    judge.columns, judge._by_task = [column], {"mask": [column]}  # type: ignore[list-item, dict-item]
    judge._request = ExportRequest(Path(), ("onnx",), Path(), max_loss=max_loss)
    assert told in judge.objection_between(before, after)
    assert bool(told) == bool(judge.objection_between(before, after))


@pytest.mark.parametrize("name", FORMATS)
def test_8_bit_integers_are_kept_where_they_pay(
    name: str,
    exported: ExportReport,
    trained: Path,
    images: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They are real; how fast they are is said here, since machines differ in it."""
    pytest.importorskip("nncf")
    (row,) = (row for row in exported.formats if row.format == name)
    shutil.copytree(row.folder, tmp_path / name)
    plain, catalog = replace(row, folder=str(tmp_path / name)), Catalog.discover()
    request = ExportRequest(trained, (name,), tmp_path, int8=True, max_loss={"iou": 1.0, "depth/rmse": 1e6})
    run = restore(trained, device="cpu", precision="fp32")
    judge, exporter = Judge(run, request, catalog, lambda _: None), catalog.create("exporter", name, {})

    def costs(folder: Path, *_: object) -> ExportCosts:
        return ExportCosts(1.0 if "int8" in folder.name else faster, 100.0)

    monkeypatch.setattr(int8, "costs_of", costs)
    faster = 2.0
    kept = try_int8(judge, run, exporter, plain, 1)
    assert (kept.status, kept.reason, kept.precision) == ("ok", "", "int8")
    folder = Path(kept.folder)
    assert folder == tmp_path / f"{name}-int8"
    assert set(kept.changes) >= {"mask/iou", "depth/rmse"}
    assert read_card(folder).precision == "int8"
    exact, coarse = (mdf.load(path).predict(*images).mask for path in (plain.folder, folder))
    assert not np.array_equal(exact, coarse)
    np.testing.assert_allclose(exact, coarse, atol=0.1)
    shutil.rmtree(folder)

    faster = 0.5
    monkeypatch.setattr(int8, "_quantise", lambda _judge, _exporter, folder, _threads: read_card(folder))
    dropped = try_int8(judge, run, exporter, plain, 1)
    assert (dropped.status, dropped.folder) == ("not kept", "")
    assert "not faster here" in dropped.reason
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [name]


class InBf16(OnnxRuntime):
    """Whose bf16 is `reduce` of what float32 gives."""

    precisions = ("fp32", "bf16")
    reduce: ClassVar[Callable[[np.ndarray], np.ndarray]]

    def open_in(self, precision: str, folder: Path, name: str, threads: int) -> Run:
        run = self.open(folder, name, threads)
        if precision == "fp32":
            return run
        return lambda inputs: {key: type(self).reduce(values) for key, values in run(inputs).items()}


def rounded(values: np.ndarray) -> np.ndarray:
    return torch.from_numpy(values).bfloat16().float().numpy()


def test_another_precision_is_judged_by_scores_and_the_card_tells_what_it_costs(
    exported: ExportReport, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = restore(trained, device="cpu", precision="fp32")
    request = ExportRequest(trained, ("onnx",), tmp_path, precision="bf16", max_loss={"iou": 0.05, "depth/rmse": 0.5})
    judge = Judge(run, request, Catalog.discover(), lambda _: None)

    def tried(exporter: Exporter, name: str) -> ExportedFormat:
        shutil.rmtree(tmp_path / name, ignore_errors=True)
        (row,) = (row for row in exported.formats if row.format == name)
        shutil.copytree(row.folder, tmp_path / name)
        return try_precision(judge, run, exporter, replace(row, folder=str(tmp_path / name)), "bf16", 1)

    monkeypatch.setattr(precision, "costs_of", lambda *_: ExportCosts(1.0, 100.0))
    monkeypatch.setattr(InBf16, "reduce", rounded, raising=False)
    kept = tried(InBf16(InBf16.Config()), "onnx")
    assert (kept.status, kept.reason, kept.precision) == ("ok", "", "bf16")
    assert kept.folder == str(tmp_path / "onnx")
    assert {"mask/iou", "depth/rmse"} <= kept.changes.keys()
    assert 0 < abs(kept.changes["depth/rmse"]) < 0.5
    assert read_card(tmp_path / "onnx").judged == {"bf16": kept.changes}
    assert "Computed in bf16 instead, on test: " in (tmp_path / "onnx" / "README.md").read_text()

    for reduce, told in (
        (lambda values: 1 - values, "mask/iou became worse by"),
        (lambda values: values, "this processor computes it in float32 all the same"),
    ):
        monkeypatch.setattr(InBf16, "reduce", reduce)
        dropped = tried(InBf16(InBf16.Config()), "onnx")
        assert (dropped.status, dropped.folder) == ("not kept", "")
        assert told in dropped.reason
        assert read_card(tmp_path / "onnx").judged == {}
    assert tried(OnnxRuntime(OnnxRuntime.Config()), "onnx").reason == "this format computes in fp32"
    monkeypatch.undo()
    real = tried(Catalog.discover().create("exporter", "openvino", {}), "openvino")
    assert real.status == "ok" or "float32 all the same" in real.reason
    assert (real.costs is not None) == (real.status == "ok")
