"""Values survive their PNG to half a level, and the file says what its levels mean."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from mdf.core.task import Task
from mdf.inference.outputs import levels_of, value_range, write_levels
from mdf.registry import Catalog


def task(name: str, unit: str | None = None, **constants: float) -> Task:
    catalog = Catalog.discover()
    found: Task = catalog.load("head", name).Task(catalog.config("head", name, {}))
    found.unit = found.unit if unit is None else unit
    found.configure(constants)
    return found


@pytest.mark.parametrize(
    ("known", "bits", "scale"),
    [
        (task("mask"), 8, 1 / 255),
        (task("depth", scale=8.0), 16, 0.001),
        (task("depth", scale=80.0), 16, 100 / 65535),
        (task("depth", unit="relative", scale=1.0), 16, 1.25 / 65535),
    ],
)
def test_levels_cover_all_that_can_be_predicted(known: Task, bits: int, scale: float) -> None:
    levels = levels_of(known, known.name)
    assert levels is not None
    assert (levels.bits, levels.scale) == (bits, pytest.approx(scale))
    low, high = value_range(known, known.name)
    assert levels.offset <= low
    assert high <= levels.offset + (2**bits - 1) * levels.scale * (1 + 1e-6)


@pytest.mark.parametrize("encoding", ["linear", "log", "inverse"])
def test_the_range_of_depth_is_what_its_encoding_reaches(encoding: str) -> None:
    catalog = Catalog.discover()
    depth: Task = catalog.load("head", "depth").Task(catalog.config("head", "depth", {"encoding": encoding}))
    depth.configure({"scale": 4.0})
    low, high = value_range(depth, "depth")
    assert 0 < low < 0.1
    assert high == pytest.approx(5.0)


def test_a_spread_has_levels_of_its_own() -> None:
    """Whole millimetres up to the largest error that the head can expect: e² scales."""
    catalog = Catalog.discover()
    depth: Task = catalog.load("head", "depth-laplace").Task(catalog.config("head", "depth-laplace", {}))
    depth.configure({"scale": 4.0})
    assert value_range(depth, "depth") == pytest.approx((0.0, 5.0), abs=1e-4)
    assert value_range(depth, "depth/spread")[1] == pytest.approx(4.0 * math.exp(2.0))
    levels = levels_of(depth, "depth/spread")
    assert levels is not None
    assert (levels.bits, levels.scale, levels.unit) == (16, 0.001, "m")
    assert levels.meaning == "expected absolute error of depth"


class Normals(Task):
    """Three channels."""

    name = "normals"
    channels = 3
    values = scaled = fraction = public = lambda self, x: x  # noqa: ARG005

    def draw(self, values: torch.Tensor, valid: torch.Tensor, limits: tuple[float, float]) -> torch.Tensor:  # noqa: ARG002
        return values.to(torch.uint8)


def test_several_channels_have_no_levels() -> None:
    from mdf.core.component import ComponentConfig

    assert levels_of(Normals(ComponentConfig()), "normals") is None


@given(arrays(np.float32, (3, 5), elements=st.floats(0, 10, width=32)))
def test_values_come_back_to_half_a_level(values: np.ndarray) -> None:
    levels = levels_of(task("depth", scale=8.0), "depth")
    assert levels is not None
    back = levels.offset + levels.encode(values).astype(float) * levels.scale
    assert np.abs(back - values).max() <= levels.scale / 2 + 1e-9


def test_a_png_tells_what_it_holds(tmp_path: Path) -> None:
    levels = levels_of(task("depth", scale=8.0), "depth")
    assert levels is not None
    write_levels(tmp_path / "d.png", np.float32([[0.5, 2.0004], [99.0, 0.0]]), levels, tmp_path)
    with Image.open(tmp_path / "d.png") as image:
        assert np.array(image).tolist() == [[500, 2000], [65535, 0]]
        told = json.loads(image.text["mdf"])
    assert told == {"task": "depth", "meaning": "depth", "unit": "m", "bits": 16, "scale": 0.001, "offset": 0.0}
    assert [path.name for path in tmp_path.iterdir()] == ["d.png"]
