"""The ground in a depth map."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mdf.plugins.datasets.composite.ground import find_ground

FOCAL, HEIGHT, WIDTH = 200.0, 180, 240


def floor(height: float, pitch: float, wall: float) -> np.ndarray:
    """Depth of a floor `height` metres below a camera looking down by `pitch`, and of a wall facing it."""
    u = (np.arange(WIDTH) + 0.5 - WIDTH / 2) / FOCAL
    v = ((np.arange(HEIGHT) + 0.5 - HEIGHT / 2) / FOCAL)[:, None]
    down = math.cos(pitch) * v + math.sin(pitch)
    depth = np.where(down > 1e-3, height / np.maximum(down, 1e-3), np.inf)
    return (np.minimum(depth, wall) + 0 * u).astype(np.float32)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.4, 2.5), st.floats(0.1, 0.6), st.floats(4, 8))
def test_a_floor_is_found_where_it_is(height: float, pitch: float, wall: float) -> None:
    depth = floor(height, pitch, wall)
    assume((depth < wall).mean() > 0.1)
    found = find_ground(depth, FOCAL)
    assert found is not None
    assert found.height == pytest.approx(height, rel=0.1)
    z = depth[depth < wall]
    rows, columns = np.nonzero(depth < wall)
    off = found.distance((columns + 0.5 - WIDTH / 2) / FOCAL * z, (rows + 0.5 - HEIGHT / 2) / FOCAL * z, z)
    assert np.abs(off).mean() < 0.02


def test_noise_and_holes_do_not_hide_it() -> None:
    random = np.random.default_rng(0)
    depth = floor(1.4, 0.3, 6) * random.normal(1, 0.003, (HEIGHT, WIDTH)).astype(np.float32)
    depth[random.random((HEIGHT, WIDTH)) < 0.1] = np.inf
    found = find_ground(depth, FOCAL)
    assert found is not None
    assert found.height == pytest.approx(1.4, abs=0.05)
    column, row = 150, 150
    z = float(floor(1.4, 0.3, 6)[row, column])
    across = (column + 0.5 - WIDTH / 2) / FOCAL
    assert found.down(across, z) == pytest.approx((row + 0.5 - HEIGHT / 2) / FOCAL * z, abs=0.05)


@pytest.mark.parametrize("depth", [2.0, np.inf])
def test_a_wall_or_nothing_has_no_ground(depth: float) -> None:
    assert find_ground(np.full((HEIGHT, WIDTH), depth, np.float32), FOCAL) is None
