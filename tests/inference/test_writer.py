"""Files of predictions: a PNG says what it holds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from mdf.core.levels import Levels
from mdf.inference.writer import write_array, write_levels


def test_a_png_says_what_its_levels_mean(tmp_path: Path) -> None:
    levels = Levels("depth", "depth", "m", 16, 0.001, 0.0)
    write_levels(tmp_path / "d.png", np.float32([[0.5, 2.0004], [99.0, 0.0]]), levels, tmp_path)
    with Image.open(tmp_path / "d.png") as image:
        assert np.array(image).tolist() == [[500, 2000], [65535, 0]]
        stored = json.loads(image.text["mdf"])
    assert stored == {"task": "depth", "meaning": "depth", "unit": "m", "bits": 16, "scale": 0.001, "offset": 0.0}
    assert [path.name for path in tmp_path.iterdir()] == ["d.png"]


def test_an_array_comes_back_bit_for_bit(tmp_path: Path) -> None:
    values = np.random.default_rng(0).random((3, 4, 5), np.float32)
    write_array(tmp_path / "n.npy", values, tmp_path)
    assert np.array_equal(np.load(tmp_path / "n.npy", allow_pickle=False), values)
    assert [path.name for path in tmp_path.iterdir()] == ["n.npy"]
