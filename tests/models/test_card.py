"""The card of an exported folder: which versions are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mdf.core.errors import MdfError
from mdf.models.export.card import Card, ExportedTask, GraphFiles, digest_of, read_card, write_card


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An exported folder whose network is guided."""
    (tmp_path / "model.onnx").write_bytes(b"a graph")
    card = Card(
        exporter="onnx",
        runtime=("onnxruntime", "1.20"),
        precision="fp32",
        size=(48, 64),
        any_size=False,
        smallest_side=48,
        graphs={"model": GraphFiles(("bg", "frame", "bg_depth"), ("depth", "depth/logits"), ("model.onnx",))},
        tasks={"depth": ExportedTask("depth", {}, {"scale": 10.0}, "relative", (0.1, 10.0), None, guided=True)},
        normalisation={"mode": "dataset"},
        run="a-run",
        mdf="0.1.0",
        sha256={"model.onnx": digest_of(tmp_path / "model.onnx")},
    )
    write_card(tmp_path, card)
    return tmp_path


def changed(folder: Path, **values: Any) -> dict[str, Any]:
    table = {**json.loads((folder / "model.json").read_text()), **values}
    (folder / "model.json").write_text(json.dumps(table))
    return table


def test_an_mdf_that_knows_no_guide_is_told_that_the_folder_is_newer(folder: Path) -> None:
    assert json.loads((folder / "model.json").read_text())["version"] == 3
    assert read_card(folder).tasks["depth"].guided


def test_a_folder_of_version_2_is_read(folder: Path) -> None:
    table = changed(folder, version=2)
    del table["judged"]
    (folder / "model.json").write_text(json.dumps(table))
    assert read_card(folder).judged == {}


def test_a_folder_of_version_1_is_read(folder: Path) -> None:
    tasks = changed(folder)["tasks"]
    del tasks["depth"]["guided"]
    graphs = {"model": {"inputs": ["bg", "frame"], "outputs": ["depth", "depth/logits"], "files": ["model.onnx"]}}
    changed(folder, version=1, tasks=tasks, graphs=graphs)
    card = read_card(folder)
    assert not card.tasks["depth"].guided
    assert set(card.graphs["model"].fed({"bg": 1, "frame": 2})) == {"bg", "frame"}  # type: ignore[dict-item]


def test_a_folder_of_a_version_to_come_is_refused(folder: Path) -> None:
    changed(folder, version=4)
    with pytest.raises(MdfError, match="written by a newer mdf"):
        read_card(folder)
