"""Each task says how its values are stored: levels that reach all that can be predicted, to half a level."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mdf.core.component import ComponentConfig
from mdf.core.task import Task
from mdf.registry import Catalog


def task(name: str, unit: str | None = None, **constants: float) -> Task:
    catalog = Catalog.discover()
    made: Task = catalog.load("head", name).Task(catalog.config("head", name, {}))
    made.unit = made.unit if unit is None else unit
    made.configure(constants)
    return made


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
    levels = known.levels()
    assert levels is not None
    assert (levels.bits, levels.scale) == (bits, pytest.approx(scale))
    low, high = known.value_range()
    assert levels.offset <= low
    assert high <= levels.offset + (2**bits - 1) * levels.scale * (1 + 1e-6)


@pytest.mark.parametrize("encoding", ["linear", "log", "inverse"])
def test_the_range_of_depth_is_what_its_encoding_reaches(encoding: str) -> None:
    catalog = Catalog.discover()
    depth: Task = catalog.load("head", "depth").Task(catalog.config("head", "depth", {"encoding": encoding}))
    depth.configure({"scale": 4.0})
    low, high = depth.value_range()
    assert 0 < low < 0.1
    assert high == pytest.approx(5.0)


def test_a_spread_has_levels_of_its_own() -> None:
    """Whole millimetres up to the largest error that the head can expect: e² scales."""
    depth = task("depth-laplace", scale=4.0)
    assert depth.value_range() == pytest.approx((0.0, 5.0), abs=1e-4)
    assert depth.value_range(spread=True)[1] == pytest.approx(4.0 * math.exp(2.0))
    levels = depth.levels(spread=True)
    assert levels is not None
    assert (levels.task, levels.bits, levels.scale, levels.unit) == ("depth/spread", 16, 0.001, "m")
    assert levels.meaning == "expected absolute error of depth"


class Offset(Task):
    """A task of a third party whose values may be below 0: twice the logits' fraction, less one."""

    name = "offset"
    unit = "px"

    def values(self, logits: torch.Tensor) -> torch.Tensor:
        return 2 * logits.sigmoid() - 1

    def draw(self, values: torch.Tensor, valid: torch.Tensor, limits: tuple[float, float]) -> torch.Tensor:  # noqa: ARG002
        return values.expand(3, -1, -1).to(torch.uint8)

    scaled = fraction = public = lambda self, x: x  # noqa: ARG005


class Normals(Offset):
    """Three channels."""

    name = "normals"
    channels = 3


def test_any_task_has_levels_or_is_an_array() -> None:
    levels = Offset(ComponentConfig()).levels()
    assert levels is not None
    assert (levels.task, levels.meaning, levels.unit, levels.bits) == ("offset", "offset", "px", 16)
    assert (levels.offset, levels.offset + 65535 * levels.scale) == pytest.approx((-1.0, 1.0))
    assert Normals(ComponentConfig()).levels() is None
    assert Normals(ComponentConfig()).value_range() == pytest.approx((-1.0, 1.0))


def test_the_mask_alone_of_the_built_in_tasks_tells_the_foreground() -> None:
    probabilities = torch.tensor([[[0.2, 0.5, 0.9]]])
    foreground = task("mask").foreground(probabilities)
    assert foreground is not None
    assert foreground.tolist() == [[[False, True, True]]]
    assert task("depth").foreground(probabilities) is None


@given(arrays(np.float32, (3, 5), elements=st.floats(0, 10, width=32)))
def test_values_come_back_to_half_a_level(values: np.ndarray) -> None:
    levels = task("depth", scale=8.0).levels()
    assert levels is not None
    back = levels.offset + levels.encode(values).astype(float) * levels.scale
    assert np.abs(back - values).max() <= levels.scale / 2 + 1e-9
